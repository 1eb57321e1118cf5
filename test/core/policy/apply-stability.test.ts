import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AdmissionRequest } from '../../../src/core/admission/admission-request.ts';
import { mutate, type Policies, validate } from '../../../src/core/admission/judge.ts';
import { applyPatch } from '../../../src/core/json/apply.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { valueAt, withoutKeyAt, withValueAt } from '../../../src/core/json/pointer.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import { FakeApiServer } from './fake-api-server.ts';
import {
  chart,
  documentSet,
  exceptionDocument,
  factsWith,
  helmRelease,
  policySet,
} from './policy-fixture.ts';

const RETRIES = ['spec', 'install', 'remediation', 'retries'];
const ANNOTATION = ['metadata', 'annotations', 'helmgate.dev/defaults'];

const rulesWith = (retries: number | undefined) =>
  policySet([
    { id: 'range', chartVersion: { within: '>=1.28.0 <2.0.0', wider: 'Narrow' } },
    {
      id: 'defaults',
      defaults: {
        HelmRelease: {
          ...(retries === undefined ? {} : { 'spec.install.remediation.retries': retries }),
          'spec.timeout': '5m',
        },
      },
    },
  ]);

function requestOf(object: JsonObject, oldObject: JsonObject | undefined): AdmissionRequest {
  const version = String(object['apiVersion'] as string).split('/')[1] ?? '';
  return {
    uid: 'u',
    kind: { group: 'helm.toolkit.fluxcd.io', version, kind: 'HelmRelease' },
    resource: { group: 'helm.toolkit.fluxcd.io', version, resource: 'helmreleases' },
    operation: oldObject === undefined ? 'CREATE' : 'UPDATE',
    namespace: 'team',
    name: 'flagger',
    object,
    ...(oldObject === undefined ? {} : { oldObject }),
    user: { username: 'author', groups: [] },
    dryRun: false,
  };
}

/** A server whose webhook pair runs these policies; a validator that denies fails the test. */
function serverWith(set: PolicySet): { readonly server: FakeApiServer; use(set: PolicySet): void } {
  let policies: Policies = { current: set };
  const server = new FakeApiServer((object, oldObject) => {
    const { patch } = mutate(requestOf(object, oldObject), policies, factsWith());
    const final = applyPatch(object, patch) as JsonObject;
    const { allowed, findings } = validate(requestOf(final, oldObject), policies, factsWith());
    assert.ok(allowed, JSON.stringify(findings));
    return patch;
  });
  return {
    server,
    use(next) {
      policies = { current: next };
    },
  };
}

const file = helmRelease({ chart: chart('*') });

describe('repeated server-side apply', () => {
  it('changes neither generation nor resourceVersion', () => {
    const { server } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, RETRIES), 2);
    assert.equal(valueAt(server.stored, ['spec', 'chart', 'spec', 'version']), '>=1.28.0 <2.0.0');
    const { resourceVersion } = server;
    for (let count = 0; count < 5; count += 1) server.serverSideApply('kubectl', file);
    assert.deepEqual([server.generation, server.resourceVersion, server.calls], [1, resourceVersion, 6]);
  });

  it('follows a default that has changed, once', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    use(rulesWith(3));
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, RETRIES), 3);
    server.serverSideApply('kubectl', file);
    assert.equal(server.generation, 2);
  });

  it('takes back a default that no policy sets any more, with the parents it came with', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    use(rulesWith(undefined));
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, ['spec', 'install']), undefined);
    assert.equal(valueAt(server.stored, ANNOTATION), '{"/spec/timeout":"5m"}');
  });

  it('keeps a value that the file writes, also one that equals the former default', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    const written = withValueAt(file, RETRIES, 2);
    server.serverSideApply('kubectl', written);
    use(rulesWith(3));
    server.serverSideApply('kubectl', written);
    assert.equal(valueAt(server.stored, RETRIES), 2);
    assert.equal(server.generation, 1);
    assert.equal(valueAt(server.stored, ANNOTATION), '{"/spec/timeout":"5m"}');
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, RETRIES), 3, 'left out again, the present default applies');
  });

  it('keeps a default off an object that the file writes as empty', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    use(rulesWith(3));
    const written = withValueAt(file, ['spec', 'install', 'remediation'], {});
    server.serverSideApply('kubectl', written);
    assert.deepEqual(valueAt(server.stored, ['spec', 'install']), { remediation: {} });
    const { generation } = server;
    server.serverSideApply('kubectl', written);
    assert.equal(server.generation, generation);
  });

  it('narrows what the file asks for again when the policy widens or moves', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    use(policySet([{ id: 'range', chartVersion: { within: '>=1.0.0 <3.0.0', wider: 'Narrow' } }]));
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, ['spec', 'chart', 'spec', 'version']), '>=1.0.0 <3.0.0');
  });
});

describe('repeated client-side apply', () => {
  it('changes nothing, whether kubectl sends a request or not', () => {
    const { server } = serverWith(rulesWith(2));
    server.clientSideApply(file);
    const { resourceVersion } = server;
    for (let count = 0; count < 5; count += 1) server.clientSideApply(file);
    assert.deepEqual([server.generation, server.resourceVersion], [1, resourceVersion]);
    assert.ok(
      server.calls > 1,
      'the narrowed range differs from the file, so each apply reaches the webhook',
    );
  });

  it('sends nothing when no field of the file was changed', () => {
    const { server } = serverWith(rulesWith(2));
    const plain = helmRelease();
    assert.equal(server.clientSideApply(plain), true);
    assert.equal(server.clientSideApply(plain), false);
  });

  it('follows a changed default at the next request that has another reason', () => {
    const { server, use } = serverWith(rulesWith(2));
    const plain = helmRelease();
    server.clientSideApply(plain);
    use(rulesWith(3));
    assert.equal(server.clientSideApply(plain), false);
    assert.equal(valueAt(server.stored, RETRIES), 2);
    server.clientSideApply(withValueAt(plain, ['spec', 'interval'], '10m'));
    assert.equal(valueAt(server.stored, RETRIES), 3);
    assert.equal(server.generation, 2);
  });

  it('keeps a value that the file began to write', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.clientSideApply(helmRelease());
    server.clientSideApply(withValueAt(helmRelease(), RETRIES, 7));
    use(rulesWith(3));
    server.clientSideApply(withValueAt(withValueAt(helmRelease(), RETRIES, 7), ['spec', 'interval'], '10m'));
    assert.equal(valueAt(server.stored, RETRIES), 7);
  });

  it('takes back the parents that only its own former sibling made', () => {
    const { server, use } = serverWith(rulesWith(2));
    const sibling = ['spec', 'install', 'remediation', 'ignoreTestFailures'];
    server.clientSideApply(withValueAt(helmRelease(), sibling, true));
    server.update('kubectl-edit', (object) => withoutKeyAt(object, sibling));
    use(rulesWith(3));
    server.update('kubectl-edit', (object) => withValueAt(object, ['spec', 'interval'], '10m'));
    assert.equal(valueAt(server.stored, RETRIES), 3);
  });
});

describe('other writers', () => {
  it('leave an object alone when they touch finalizers only, also after a default has changed', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    use(rulesWith(3));
    server.update('helm-controller', (object) =>
      withValueAt(object, ['metadata', 'finalizers'], ['finalizers.fluxcd.io']),
    );
    assert.equal(valueAt(server.stored, RETRIES), 2);
    assert.equal(server.generation, 1);
  });

  it('own what they set, and it stays', () => {
    const { server, use } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', file);
    server.update('kubectl-edit', (object) => withValueAt(object, RETRIES, 9));
    use(rulesWith(3));
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, RETRIES), 9);
  });

  it('keep a former default where managedFields were cleared, and are told', () => {
    const object = withValueAt(helmRelease(), RETRIES, 2);
    const recorded = withValueAt(object, ANNOTATION, '{"/spec/install/remediation/retries":2}');
    const decision = mutate(requestOf(recorded, recorded), { current: rulesWith(3) }, factsWith());
    assert.deepEqual(
      decision.mutations.map(({ pointer }) => pointer),
      ['/spec/timeout'],
    );
    assert.match(decision.warnings.join('\n'), /keeps a former default/);
  });

  it('cannot have a written field taken out by forging the annotation', () => {
    const { server } = serverWith(rulesWith(2));
    const forged = withValueAt(
      withValueAt(
        helmRelease({ suspend: true }),
        ANNOTATION,
        '{"/spec/suspend":true,"/metadata/name":"flagger","nonsense":1}',
      ),
      RETRIES,
      0,
    );
    server.serverSideApply('kubectl', forged);
    assert.equal(valueAt(server.stored, ['spec', 'suspend']), true);
    assert.equal(valueAt(server.stored, RETRIES), 0);
  });
});

describe('an object written in a beta version', () => {
  const beta = (spec: JsonObject) => ({ ...helmRelease(spec), apiVersion: 'helm.toolkit.fluxcd.io/v2beta1' });
  const withFile = (valuesFile: string, more: JsonObject = {}) => {
    const template = { ...(chart('1.30.0')['spec'] as JsonObject), valuesFile, ...more };
    return beta({ chart: { spec: template } });
  };

  it('is lifted the same way at each apply', () => {
    const { server } = serverWith(rulesWith(2));
    for (let count = 0; count < 4; count += 1) server.serverSideApply('kubectl', withFile('a.yaml'));
    assert.deepEqual(valueAt(server.stored, ['spec', 'chart', 'spec', 'valuesFiles']), ['a.yaml']);
    assert.equal(valueAt(server.stored, ['spec', 'chart', 'spec', 'valuesFile']), undefined);
    assert.equal(server.generation, 1);
  });

  it('follows a changed valuesFile instead of adding to the former one', () => {
    const { server } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', withFile('a.yaml'));
    server.serverSideApply('kubectl', withFile('b.yaml'));
    assert.deepEqual(valueAt(server.stored, ['spec', 'chart', 'spec', 'valuesFiles']), ['b.yaml']);
  });

  it('keeps valuesFiles when somebody writes it as v2', () => {
    const { server } = serverWith(rulesWith(2));
    server.serverSideApply('kubectl', withFile('a.yaml'));
    server.update('kubectl-edit', (object) => ({
      ...withValueAt(object, ['spec', 'interval'], '9m'),
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
    }));
    assert.deepEqual(valueAt(server.stored, ['spec', 'chart', 'spec', 'valuesFiles']), ['a.yaml']);
  });

  it('lifts patches the same way at each client-side apply', () => {
    const { server } = serverWith(rulesWith(2));
    const renderers = [
      { kustomize: { patchesStrategicMerge: [{ kind: 'Deployment', metadata: { name: 'x' } }] } },
    ];
    for (let count = 0; count < 3; count += 1) server.clientSideApply(beta({ postRenderers: renderers }));
    assert.deepEqual(valueAt(server.stored, ['spec', 'postRenderers']), [
      { kustomize: { patches: [{ patch: '{"kind":"Deployment","metadata":{"name":"x"}}' }] } },
    ]);
    assert.equal(server.generation, 1);
  });
});

describe('repeated apply under overrides', () => {
  const ACCOUNT = ['spec', 'serviceAccountName'];
  const tenant = policySet([
    { id: 'o', overrides: { HelmRelease: { 'spec.serviceAccountName': 'tenant' } } },
  ]);
  const written = [
    ['nothing', helmRelease()],
    ['another value', helmRelease({ serviceAccountName: 'admin' })],
    ['the same value', helmRelease({ serviceAccountName: 'tenant' })],
  ] as const;
  for (const [name, manifest] of written) {
    it(`changes nothing where the file writes ${name}`, () => {
      for (const apply of ['serverSideApply', 'clientSideApply'] as const) {
        const { server } = serverWith(tenant);
        const send = () =>
          apply === 'serverSideApply'
            ? server.serverSideApply('kubectl', manifest)
            : server.clientSideApply(manifest);
        send();
        assert.equal(valueAt(server.stored, ACCOUNT), 'tenant');
        const { resourceVersion } = server;
        for (let count = 0; count < 4; count += 1) send();
        assert.deepEqual([server.generation, server.resourceVersion], [1, resourceVersion], apply);
      }
    });
  }

  it('gives the author back what he writes when the override is gone, at the next apply', () => {
    const { server, use } = serverWith(tenant);
    const manifest = helmRelease({ serviceAccountName: 'admin' });
    server.serverSideApply('kubectl', manifest);
    use(rulesWith(undefined));
    server.serverSideApply('kubectl', manifest);
    assert.equal(valueAt(server.stored, ACCOUNT), 'admin');
  });
});

describe('repeated apply under a ratchet', () => {
  const ratcheted = policySet([
    { id: 'range', ratchet: true, chartVersion: { within: '>=1.28.0 <2.0.0', wider: 'Narrow' } },
    { id: 'd', ratchet: true, defaults: { HelmRelease: { 'spec.timeout': '5m' } } },
  ]);

  it('leaves an object as it was stored before the rules came', () => {
    const { server, use } = serverWith(policySet([{ id: 'x', chartVersion: { within: '*' } }]));
    server.serverSideApply('kubectl', file);
    use(ratcheted);
    const { resourceVersion } = server;
    for (let count = 0; count < 3; count += 1) server.serverSideApply('kubectl', file);
    assert.deepEqual([server.generation, server.resourceVersion], [1, resourceVersion]);
    assert.equal(valueAt(server.stored, ['spec', 'chart', 'spec', 'version']), '*');
  });

  it('changes nothing again in an object that was stored under them', () => {
    const { server } = serverWith(ratcheted);
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, ['spec', 'chart', 'spec', 'version']), '>=1.28.0 <2.0.0');
    assert.equal(valueAt(server.stored, ['spec', 'timeout']), '5m');
    const { resourceVersion } = server;
    for (let count = 0; count < 3; count += 1) server.serverSideApply('kubectl', file);
    assert.deepEqual([server.generation, server.resourceVersion], [1, resourceVersion]);
  });
});

describe('repeated apply under an exception', () => {
  const excepted = documentSet([
    {
      kind: 'Policy',
      metadata: { name: 'p' },
      spec: { rules: [{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '5m' } } }] },
    },
    exceptionDocument(),
  ]);
  const unexcepted = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '5m' } } }]);

  it('takes back a default while it holds, and gets it again afterwards', () => {
    const { server, use } = serverWith(unexcepted);
    server.serverSideApply('kubectl', file);
    use(excepted);
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, ['spec', 'timeout']), undefined);
    assert.equal(valueAt(server.stored, ANNOTATION), undefined);
    use(unexcepted);
    server.serverSideApply('kubectl', file);
    assert.equal(valueAt(server.stored, ['spec', 'timeout']), '5m');
  });
});
