import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';
import { factsWith, helmRelease, helmRepository, policySet, subjectOf } from './policy-fixture.ts';

const RULES = [{ id: 'r', allowedSources: [{ url: 'https://nowhere.example' }] }];

/** Whether a policy with this match judges the object. */
function matches(
  match: JsonObject,
  object: JsonObject,
  more: Partial<Subject> = {},
  facts: Partial<Facts> = {},
): boolean {
  const set = policySet(RULES, { match });
  return !evaluate(
    set,
    subjectOf(object, undefined, more),
    factsWith('https://flagger.app', facts),
    'admission',
  ).allowed;
}

const names = (...patterns: readonly string[]) => ({ namespaces: { names: patterns } });
const known = (labels: Record<string, string>) => ({ known: true, value: labels }) as const;
const prod = { namespaces: { labels: { matchLabels: { tier: 'prod' } } } };

describe('a match on namespaces', () => {
  const inTeam = helmRelease();
  it('fits the own, the target or the storage namespace', () => {
    assert.equal(matches(names('team'), inTeam), true);
    assert.equal(matches(names('prod-*'), inTeam), false);
    assert.equal(matches(names('prod-*'), helmRelease({ targetNamespace: 'prod-x' })), true);
    assert.equal(matches(names('prod-*'), helmRelease({ storageNamespace: 'prod-x' })), true);
  });

  it('is not escaped by one excluded namespace among several', () => {
    const match = { ...names('*'), exclude: names('sandbox') };
    assert.equal(matches(match, helmRelease({ targetNamespace: 'sandbox' })), true);
    assert.equal(matches(match, helmRelease({}, { namespace: 'sandbox' })), false);
    assert.equal(matches(match, helmRelease({ targetNamespace: 'prod' }, { namespace: 'sandbox' })), true);
  });

  it('goes by labels where they are known, and fits where they are not', () => {
    assert.equal(matches(prod, inTeam, {}, { namespaceLabels: known({ tier: 'prod' }) }), true);
    assert.equal(matches(prod, inTeam, {}, { namespaceLabels: known({ tier: 'dev' }) }), false);
    assert.equal(matches(prod, inTeam, {}, { namespaceLabels: { known: false, why: 'Unavailable' } }), true);
    assert.equal(
      matches({ exclude: prod }, inTeam, {}, { namespaceLabels: { known: false, why: 'Unavailable' } }),
      true,
    );
  });

  it('asks for the labels of the target namespace, not of the own', () => {
    const object = helmRelease({ targetNamespace: 'x' });
    const own = { namespaceLabels: known({ tier: 'dev' }) };
    assert.equal(
      matches(prod, object, {}, { ...own, otherNamespaceLabels: new Map([['x', known({ tier: 'prod' })]]) }),
      true,
    );
    assert.equal(
      matches(prod, object, {}, { ...own, otherNamespaceLabels: new Map([['x', known({})]]) }),
      false,
    );
    assert.equal(matches(prod, object, {}, own), true);
  });
});

describe('a match on the object', () => {
  it('goes by kind, name and labels', () => {
    assert.equal(matches({ kinds: ['HelmRepository'] }, helmRelease()), false);
    assert.equal(matches({ kinds: ['HelmRepository'] }, helmRepository('https://flagger.app')), true);
    assert.equal(matches({ names: ['flag*'] }, helmRelease()), true);
    assert.equal(matches({ names: ['podinfo'] }, helmRelease()), false);
    assert.equal(matches({ exclude: { names: ['flagger'] } }, helmRelease()), false);
    const labelled = helmRelease({}, { labels: { app: 'a', toString: 'x' } });
    assert.equal(matches({ labels: { matchLabels: { app: 'a' } } }, labelled), true);
    assert.equal(matches({ exclude: { labels: { matchLabels: { app: 'a' } } } }, labelled), false);
  });

  const expressions = [
    [{ key: 'app', operator: 'In', values: ['a', 'b'] }, true],
    [{ key: 'app', operator: 'In', values: ['b'] }, false],
    [{ key: 'app', operator: 'NotIn', values: ['b'] }, true],
    [{ key: 'other', operator: 'NotIn', values: ['b'] }, true],
    [{ key: 'app', operator: 'Exists' }, true],
    [{ key: 'constructor', operator: 'Exists' }, false],
    [{ key: 'app', operator: 'DoesNotExist' }, false],
  ] as const;
  for (const [expression, expected] of expressions) {
    it(`${expected ? 'fits' : 'does not fit'} ${JSON.stringify(expression)}`, () => {
      const match = { labels: { matchExpressions: [expression] } } as unknown as JsonObject;
      assert.equal(matches(match, helmRelease({}, { labels: { app: 'a' } })), expected);
    });
  }

  it('holds the known part of a generated name against a pattern', () => {
    const object = helmRelease({}, { name: undefined as never, generateName: 'ci-' });
    assert.equal(matches({ names: ['ci-*'] }, object), true);
  });
});

describe('an exclusion of subjects', () => {
  const match = {
    exclude: { subjects: [{ user: 'root' }, { group: 'admins' }, { serviceAccount: 'flux/deployer' }] },
  };
  const users = [
    [{ username: 'root', groups: [] }, false],
    [{ username: 'x', groups: ['devs', 'admins'] }, false],
    [{ username: 'system:serviceaccount:flux:deployer', groups: [] }, false],
    [{ username: 'system:serviceaccount:flux:other', groups: [] }, true],
    [{ username: 'admins', groups: ['root'] }, true],
  ] as const;
  for (const [user, expected] of users) {
    it(`${expected ? 'judges' : 'lets pass'} ${user.username} of ${user.groups.join(', ') || 'no group'}`, () => {
      assert.equal(matches(match, helmRelease(), { user }), expected);
    });
  }

  it('does not hold where there is no user', () => {
    assert.equal(matches(match, helmRelease()), true);
  });

  it('keeps the defaults that the object already has', () => {
    const set = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '3m' } } }], { match });
    const object = helmRelease(
      { timeout: '2m' },
      {
        annotations: { 'helmgate.dev/defaults': '{"/spec/timeout":"2m"}' },
        managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }],
      },
    );
    const as = (username: string) =>
      evaluate(set, subjectOf(object, object, { user: { username, groups: [] } }), factsWith(), 'admission');
    assert.deepEqual(as('root').patch, []);
    assert.deepEqual(
      as('somebody').mutations.map(({ pointer }) => pointer),
      ['/spec/timeout'],
    );
  });
});

describe('a match on who asks', () => {
  const match = {
    subjects: [{ user: 'root' }, { group: 'devs' }, { serviceAccount: 'flux/deployer' }],
  };
  const users = [
    [{ username: 'root', groups: [] }, true],
    [{ username: 'x', groups: ['qa', 'devs'] }, true],
    [{ username: 'system:serviceaccount:flux:deployer', groups: [] }, true],
    [{ username: 'system:serviceaccount:flux:other', groups: [] }, false],
    [{ username: 'devs', groups: ['root'] }, false],
  ] as const;
  for (const [user, expected] of users) {
    it(`${expected ? 'judges' : 'lets pass'} ${user.username} of ${user.groups.join(', ') || 'no group'}`, () => {
      assert.equal(matches(match, helmRelease(), { user }), expected);
    });
  }

  it('judges where nobody asks: what cannot be told is judged', () => {
    assert.equal(matches(match, helmRelease()), true);
  });

  it('yields to an exclusion', () => {
    const both = { ...match, exclude: { subjects: [{ user: 'root' }] } };
    assert.equal(matches(both, helmRelease(), { user: { username: 'root', groups: [] } }), false);
    assert.equal(matches(both, helmRelease(), { user: { username: 'root', groups: ['devs'] } }), false);
    assert.equal(matches(both, helmRelease(), { user: { username: 'x', groups: ['devs'] } }), true);
  });
});

describe('a match on what is asked for', () => {
  const judged = (
    operations: readonly string[],
    old?: JsonObject,
    phase: 'admission' | 'release' = 'admission',
  ) => {
    const set = policySet(RULES, { match: { operations } });
    const facts = factsWith('https://flagger.app');
    return !evaluate(set, subjectOf(helmRelease(), old), facts, phase).allowed;
  };

  it('goes by the operation at admission', () => {
    assert.equal(judged(['CREATE']), true);
    assert.equal(judged(['CREATE'], helmRelease()), false);
    assert.equal(judged(['UPDATE']), false);
    assert.equal(judged(['UPDATE'], helmRelease()), true);
    assert.equal(judged(['UPDATE', 'CREATE'], helmRelease()), true);
  });

  it('judges at release time, where nothing is asked for', () => {
    assert.equal(judged(['CREATE'], helmRelease(), 'release'), true);
  });

  it('keeps at an update the defaults that it filled in at the create', () => {
    const set = policySet([{ id: 'd', defaults: { HelmRelease: { 'spec.timeout': '3m' } } }], {
      match: { operations: ['CREATE'] },
    });
    const object = helmRelease(
      { timeout: '3m' },
      {
        annotations: { 'helmgate.dev/defaults': '{"/spec/timeout":"3m"}' },
        managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }],
      },
    );
    assert.deepEqual(evaluate(set, subjectOf(object, object), factsWith(), 'admission').patch, []);
  });
});

describe('a match on the cluster that a release goes to', () => {
  const remote = helmRelease({ kubeConfig: { secretRef: { name: 'x' } } });
  const table: readonly (readonly [name: string, object: JsonObject, isRemote: boolean])[] = [
    ['a release with a kubeConfig', remote, true],
    ['one with an empty kubeConfig', helmRelease({ kubeConfig: {} }), true],
    ['one whose kubeConfig is null', helmRelease({ kubeConfig: null }), false],
    ['one without', helmRelease(), false],
    ['a source with a field of that name', helmRepository('https://flagger.app', { kubeConfig: {} }), false],
  ];
  for (const [name, object, isRemote] of table) {
    it(`takes ${name} for ${isRemote ? 'remote' : 'local'}`, () => {
      assert.equal(matches({ kubeConfig: true }, object), isRemote);
      assert.equal(matches({ kubeConfig: false }, object), !isRemote);
    });
  }
});
