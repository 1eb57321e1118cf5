import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import type { RenderedFact } from '../../../../src/core/policy/facts.ts';
import { findImages } from '../../../../src/core/policy/find-images.ts';
import { groupKindOf } from '../../../../src/core/policy/object-kind.ts';
import { flattenLists, MAX_RENDERED_OBJECTS } from '../../../../src/core/policy/rendered-objects.ts';
import type { RuleBody } from '../../../../src/core/policy/rule.ts';
import { rendered } from '../../../../src/core/policy/rules/rendered.ts';
import { factsWith, helmRelease } from '../policy-fixture.ts';
import { compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const ALL = {
  kinds: { allow: ['*.apps', 'ConfigMap'], forbid: ['DaemonSet.apps'] },
  namespaces: ['own'],
  clusterScoped: [],
  images: { registries: ['ghcr.io/acme'], digest: true, forbiddenTags: ['latest'] },
  protected: ['PersistentVolumeClaim'],
};

function asked(body: RuleBody, fact: RenderedFact, phase: 'release' | 'request' = 'release') {
  return judge(body, helmRelease(), {
    phase,
    facts: factsWith(undefined, { rendered: { known: true, value: fact } }),
  });
}
const objects = (...list: readonly Json[]): RenderedFact => ({
  objects: list as readonly JsonObject[],
  hooks: [],
});
const object = (apiVersion: Json, kind: Json, more: JsonObject = {}): JsonObject => ({
  apiVersion,
  kind,
  metadata: { name: 'x' },
  ...more,
});

describe('the configuration of what may be rendered', () => {
  const wrong: readonly (readonly [Json, string])[] = [
    [{}, ': must NOT have fewer than 1 properties'],
    [{ kinds: {} }, '/kinds: must NOT have fewer than 1 properties'],
    [
      { kinds: { forbid: ['Deployment'] } },
      'kinds forbid 0: there is no kind Deployment in the core group (write Deployment.apps)',
    ],
    [
      { protected: ['Tenant'] },
      'protected 0: there is no kind Tenant in the core group (write it with its group, Kind.group)',
    ],
    [
      { kinds: { allow: ['*'] } },
      '/kinds/allow/0: must match pattern "^(\\*\\.[a-z0-9.-]+|[A-Z][A-Za-z0-9]*(\\.[a-z0-9.-]+)?)$"',
    ],
    [
      { images: { registries: ['acme'] } },
      'images registries 0: "acme" is no registry with a path (write host and path, ghcr.io/acme)',
    ],
    [
      { images: { registries: ['ghcr.io/acme/'] } },
      'images registries 0: "ghcr.io/acme/" is no registry with a path (write host and path, ghcr.io/acme)',
    ],
    [
      { images: { fields: [{ kind: 'A.b', path: 'spec..image' }] } },
      'images fields 0 path: "spec..image" is no path of a field',
    ],
  ];
  for (const [written, expected] of wrong) {
    it(`is refused: ${JSON.stringify(written)}`, () => {
      const { errors } = compileRule(rendered, written);
      assert.ok(errors.includes(expected), errors.join('\n'));
    });
  }

  it('warns of a kind that its group does not have, since a newer Kubernetes may', () => {
    const { errors, warnings } = compileRule(rendered, {
      kinds: { forbid: ['Deploymint.apps', 'Deployment.extensions'] },
    });
    assert.deepEqual(errors, []);
    assert.deepEqual(warnings, ['kinds forbid 0: there is no kind Deploymint.apps that is known here']);
  });
});

describe('what is rendered', () => {
  const body = ruleOf(rendered, ALL);

  it('is told by group, so that no other group lends its name', () => {
    assert.equal(groupKindOf(object('v1', 'Secret')), 'Secret');
    assert.equal(groupKindOf(object('apps/v1', 'Deployment')), 'Deployment.apps');
    for (const [apiVersion, kind] of [
      ['', 'Secret'],
      ['v1', ''],
      ['v1', 'Secret.apps'],
      [5, 'Secret'],
      ['v1', null],
      ['v1', 'Secret '],
    ] as const) {
      assert.equal(groupKindOf(object(apiVersion, kind)), undefined);
    }
  });

  it('is found in lists within lists, whatever their kind', () => {
    const inner = object('v1', 'ConfigMap');
    const list = object('acme.example/v1', 'Wrapper', {
      items: [object('v1', 'List', { items: [inner, inner] }), inner],
    });
    assert.deepEqual(flattenLists([inner, list]), [inner, inner, inner, inner]);
    assert.equal(
      asked(body, objects(object('v1', 'List', { items: [object('v1', 'Secret')] }))).findings.length,
      1,
    );
  });

  it('is refused as a whole when it has more objects than are judged', () => {
    const many = Array.from({ length: MAX_RENDERED_OBJECTS + 1 }, () => object('v1', 'ConfigMap'));
    const expected = ['spec.chart: the release has more objects than are judged'];
    assert.deepEqual(said(asked(body, objects(...many)).findings), expected);
    assert.deepEqual(said(asked(body, objects(object('v1', 'List', { items: many }))).findings), expected);
    let nested: JsonObject = object('v1', 'ConfigMap');
    for (let depth = 0; depth <= MAX_RENDERED_OBJECTS; depth += 1)
      nested = object('v1', 'List', { items: [nested] });
    assert.deepEqual(said(asked(body, objects(nested)).findings), expected);
  });

  it('is told in twenty findings, and how many more there are', () => {
    const secrets = Array.from({ length: 50 }, () => object('v1', 'Secret'));
    const texts = said(asked(body, objects(...secrets)).findings);
    assert.equal(texts.length, 21);
    assert.equal(texts.at(-1), 'spec.chart: and 30 more in this release');
  });

  it('is forbidden although its group is allowed', () => {
    assert.deepEqual(said(asked(body, objects(object('apps/v1', 'DaemonSet'))).findings), [
      'spec.chart: DaemonSet.apps team/x: is of a kind that is forbidden',
    ]);
  });

  it('says which kinds and namespaces would pass', () => {
    assert.deepEqual(
      said(
        asked(
          body,
          objects(
            object('v1', 'Secret'),
            object('v1', 'ConfigMap', { metadata: { name: 'x', namespace: 'other' } }),
          ),
        ).findings,
      ),
      [
        'spec.chart: Secret team/x: is of a kind that is not allowed -> kinds *.apps, ConfigMap',
        'spec.chart: ConfigMap other/x: lies in a namespace that is not allowed -> team (its own)',
      ],
    );
  });

  it('has images wherever containers stand', () => {
    const images = findImages({
      spec: {
        containers: [{ name: 'a', image: 'a' }, { name: 'none' }, { name: 'empty', image: '' }, 'text', null],
        template: {
          spec: {
            initContainers: [{ image: 5 }],
            volumes: [{ name: 'v', image: { reference: 'v' } }, { image: null }],
          },
        },
        list: [{ ephemeralContainers: [{ name: 'e', image: 'e' }] }],
        containersOf: [{ image: 'not a container' }],
        volumes: 'none',
      },
    });
    assert.deepEqual(
      images.toSorted((a, b) => (a.of < b.of ? -1 : 1)),
      [
        { image: 5, of: 'container (without a name)' },
        { image: 'a', of: 'container a' },
        { image: 'e', of: 'container e' },
        { image: 'v', of: 'volume v' },
      ],
    );
  });

  it('has images in bounded work, in very wide and very deep objects', () => {
    const wide = { containers: Array.from({ length: 300_000 }, () => ({ image: 'x' })) };
    assert.equal(findImages(wide).length, 300_000);
    let deep: JsonObject = { containers: [{ image: 'x' }] };
    for (let depth = 0; depth < 20_000; depth += 1) deep = { a: deep };
    assert.equal(findImages(deep).length, 1);
  });

  it('shows foreign texts in one bounded line', () => {
    const name = `x\u001b[2J\n${'y'.repeat(500)}`;
    const pod = object('apps/v1', 'Deployment', {
      metadata: { name },
      spec: { containers: [{ name, image: name }] },
    });
    for (const { message, found } of asked(body, objects(pod)).findings) {
      assert.ok(message.length <= 200 && String(found).length <= 200);
      assert.doesNotMatch(`${message}${String(found)}`, /[\u001b\n]/);
    }
  });

  it('says each verdict when nobody rendered', () => {
    const answer = (unknown: 'Deny' | 'Warn' | 'Allow', phase: 'release' | 'request') => {
      const { findings, warnings } = judge(ruleOf(rendered, { ...ALL, unknown }), helmRelease(), { phase });
      return [...findings.map(({ reason }) => reason), ...warnings];
    };
    for (const phase of ['release', 'request'] as const) {
      assert.deepEqual(answer('Deny', phase), ['FactUnknown']);
      assert.deepEqual(answer('Warn', phase), [
        'what the chart renders is not known: it could not be looked up',
      ]);
      assert.deepEqual(answer('Allow', phase), []);
    }
  });

  it('is judged without an exception, whatever helm printed', () => {
    const anyJson = fc.jsonValue({ maxDepth: 5 }).map((value) => value as Json);
    const anyObject = fc.dictionary(
      fc.constantFrom(
        'apiVersion',
        'kind',
        'metadata',
        'items',
        'spec',
        'containers',
        'volumes',
        'image',
        '__proto__',
      ),
      fc.oneof(
        anyJson,
        fc.constantFrom<Json>('v1', 'ConfigMap', 'apps/v1', { name: 'x', namespace: 5 }, [{ image: {} }]),
      ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(anyObject, anyJson)),
        fc.constantFrom('CREATE', 'UPDATE', 'DELETE', undefined),
        (list, operation) => {
          const fact = {
            ...objects(...(list as readonly Json[])),
            ...(operation === undefined ? {} : { operation }),
          };
          for (const phase of ['release', 'request'] as const) asked(body, fact, phase);
        },
      ),
    );
  });
});
