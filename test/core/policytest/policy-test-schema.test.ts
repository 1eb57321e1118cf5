import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isJsonObject, type Json, type JsonObject } from '../../../src/core/json/json.ts';
import { formatPath } from '../../../src/core/json/path.ts';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { parsePolicyTest } from '../../../src/core/policytest/policy-test.ts';
import { POLICY_TEST_SCHEMA } from '../../../src/core/policytest/policy-test-schema.ts';
import { documentOf } from './test-fixture.ts';

const TIME = '2026-06-01T00:00:00Z';

/** A document that uses every member that there is. */
const COMPLETE: JsonObject = {
  apiVersion: 'helmgate.dev/v1alpha1',
  kind: 'PolicyTest',
  metadata: { name: 't', labels: { team: 'a' }, annotations: { why: 'b' } },
  spec: {
    policies: ['policies/p.yaml'],
    inline: [{ kind: 'Policy' }],
    now: TIME,
    facts: {
      namespaceLabels: { team: { tier: 'prod' } },
      sources: [{ kind: 'HelmRepository' }],
      releases: [{ kind: 'HelmRelease' }],
      dependents: [{ kind: 'HelmRelease' }],
      chart: {
        ...{ name: 'flagger', version: '1.0.0', appVersion: '1', created: TIME, deprecated: true },
        ...{ kubeVersion: '>=1.30', digest: 'sha256:00' },
      },
      values: { replicas: 1 },
      rendered: { objects: [{ kind: 'Service' }], hooks: [{ kind: 'Job' }], operation: 'CREATE' },
      signature: { verdict: 'Valid', provider: 'cosign', signer: 's' },
      promotions: [
        {
          ...{ namespace: 'stage', namespaceLabels: { tier: 'stage' }, labels: { app: 'a' } },
          ...{ chart: 'flagger', version: '1.0.0', readySince: TIME },
        },
      ],
      kubeVersion: 'v1.36.3',
    },
    cases: [
      {
        ...{ name: 'one', phase: 'admission', operation: 'UPDATE', now: TIME, dryRun: true },
        user: { username: 'u', uid: '1', groups: ['g'] },
        object: { kind: 'HelmRelease' },
        oldObjectFile: 'old.yaml',
        facts: { kubeVersion: 'NotFound' },
        expect: {
          verdict: 'Deny',
          findings: [
            {
              ...{ policy: 'p', rule: 'r', reason: 'RangeTooWide', enforcement: 'Deny', path: 'spec' },
              ...{ found: 1, message: 'm', wouldPass: 'w', hold: { until: TIME } },
            },
          ],
          warnings: ['w'],
          object: { 'spec.timeout': '5m', 'spec.suspend': null },
        },
      },
    ],
  },
};

type Path = readonly (string | number)[];

/** The complete document with another value in one place; undefined takes the member away. */
function changed(path: Path, value: unknown): Json {
  const copy = structuredClone(COMPLETE) as Record<string, unknown>;
  let parent = copy;
  for (const token of path.slice(0, -1)) parent = parent[token] as Record<string, unknown>;
  const last = path.at(-1) as string;
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as JsonObject;
}

function messages(value: Json): readonly string[] {
  const result = parsePolicyTest(documentOf(JSON.stringify(value)));
  return result.ok ? [] : result.errors.map(({ message }) => message);
}

const at = (path: string): readonly string[] => (path === '' ? [] : path.split('.'));
const CHART = 'spec.facts.chart';
const CASE = 'spec.cases.0';
const FINDING = `${CASE}.expect.findings.0`;
const PROMOTION = 'spec.facts.promotions.0';

/** What is the user's own: objects of the cluster, and values. Nothing below it is ours to judge. */
const FREE: ReadonlySet<string> = new Set([
  ...['spec.inline.0', 'spec.facts.sources.0', 'spec.facts.releases.0', 'spec.facts.dependents.0'],
  ...['spec.facts.values', 'spec.facts.rendered.objects.0', 'spec.facts.rendered.hooks.0'],
  ...[`${CASE}.object`, `${CASE}.expect.object`, `${FINDING}.found`],
]);

/** Maps whose keys are names. */
const MAPS: ReadonlySet<string> = new Set([
  ...['metadata.labels', 'metadata.annotations', 'spec.facts.namespaceLabels'],
  ...['spec.facts.namespaceLabels.team', `${PROMOTION}.namespaceLabels`, `${PROMOTION}.labels`],
]);

/** The place, and all places below it as far as they are ours. */
function placesFrom(path: string): readonly string[] {
  if (FREE.has(path)) return [path];
  const value = valueAt(COMPLETE, at(path)) ?? null;
  const keys = typeof value === 'object' ? Object.keys(value ?? {}) : [];
  return [path, ...keys.flatMap((key) => placesFrom(path === '' ? key : `${path}.${key}`))];
}
const PLACES = placesFrom('').slice(1);

const REQUIRED: readonly (readonly [string, readonly string[]])[] = [
  ['', ['apiVersion', 'kind', 'metadata', 'spec']],
  ['metadata', ['name']],
  ['spec', ['cases']],
  [CHART, ['name', 'version']],
  ['spec.facts.rendered', ['objects']],
  ['spec.facts.signature', ['verdict', 'provider']],
  [PROMOTION, ['namespace', 'chart', 'version', 'readySince']],
  [CASE, ['name', 'expect']],
  [`${CASE}.user`, ['username']],
];

/** Closed lists of words. */
const WORDS: readonly (readonly [string, readonly string[]])[] = [
  ['spec.facts.rendered.operation', ['CREATE', 'UPDATE', 'DELETE']],
  ['spec.facts.signature.verdict', ['Valid', 'Invalid', 'Missing']],
  ['spec.facts.signature.provider', ['cosign', 'notation', 'prov']],
  ['spec.facts.values', ['NotFound', 'Forbidden', 'Unavailable', 'Unsupported']],
  ['spec.facts.namespaceLabels.team', ['NotFound', 'Forbidden', 'Unavailable', 'Unsupported']],
  [`${CASE}.phase`, ['admission', 'release', 'request']],
  [`${CASE}.operation`, ['CREATE', 'UPDATE', 'DELETE']],
  [`${CASE}.expect.verdict`, ['Allow', 'Deny', 'Hold']],
  [`${FINDING}.enforcement`, ['Deny', 'Warn', 'Audit']],
];

const list = (length: number, item: (index: number) => unknown = () => ({})) =>
  Array.from({ length }, (_, index) => item(index));
const members = (count: number, value: unknown = {}) =>
  Object.fromEntries(list(count, (index) => [`n${index}`, value]) as [string, unknown][]);

/** The largest value that is taken, one that is larger, and what is said of it. */
const LARGEST: readonly (readonly [string, unknown, unknown, string])[] = [
  ['metadata.name', 'x'.repeat(4096), 'x'.repeat(4097), 'must NOT have more than 4096 characters'],
  [`${CASE}.name`, 'x'.repeat(300), 'x'.repeat(301), 'must NOT have more than 300 characters'],
  [`${CASE}.oldObjectFile`, 'x'.repeat(1024), 'x'.repeat(1025), 'must NOT have more than 1024 characters'],
  [`${PROMOTION}.labels.app`, 'x'.repeat(63), 'x'.repeat(64), 'must NOT have more than 63 characters'],
  ['spec.facts.kubeVersion', `1${'0'.repeat(99)}`, `1${'0'.repeat(100)}`, 'must NOT have more than 100'],
  ['spec.policies', list(100, String), list(101, String), 'must NOT have more than 100 items'],
  ['spec.inline', list(1000), list(1001), 'must NOT have more than 1000 items'],
  ['spec.facts.sources', list(1000), list(1001), 'must NOT have more than 1000 items'],
  ['spec.facts.namespaceLabels', members(1000), members(1001), 'must NOT have more than 1000 properties'],
  [`${CASE}.expect.object`, members(1000, null), members(1001, null), 'must NOT have more than 1000'],
  [`${CASE}.expect.warnings`, list(100, String), list(101, String), 'must NOT have more than 100 items'],
  [`${CASE}.user.groups`, list(1000, String), list(1001, String), 'must NOT have more than 1000 items'],
];

/** What must not be empty. */
const EMPTY: readonly (readonly [string, unknown, string])[] = [
  ['metadata.name', '', 'must NOT have fewer than 1 characters'],
  [`${CASE}.name`, '', 'must NOT have fewer than 1 characters'],
  ['spec.policies', [], 'must NOT have fewer than 1 items'],
  ['spec.inline', [], 'must NOT have fewer than 1 items'],
  ['spec.cases', [], 'must NOT have fewer than 1 items'],
  [`${CASE}.expect`, {}, 'must NOT have fewer than 1 properties'],
  [`${CASE}.expect.object`, {}, 'must NOT have fewer than 1 properties'],
  [FINDING, {}, 'must NOT have fewer than 1 properties'],
];

const PATTERNS: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'spec.now',
    [TIME, '2026-06-01T00:00:00.123Z', '2026-06-01T00:00:00+02:00', '2026-06-01T00:00:00-11:30'],
    ['2026-06-01', '2026-06-01T00:00:00', '2026-06-01 00:00:00Z', ` ${TIME}`, `${TIME}s`],
  ],
  [
    'spec.facts.kubeVersion',
    ['1.36', 'v1.36.3-eks', '2', 'NotFound', 'Forbidden', 'Unavailable', 'Unsupported'],
    ['', 'v', 'latest', 'xNotFound', 'NotFoundx', 'Not', 'NotFoundForbidden'],
  ],
  [
    `${CASE}.oldObjectFile`,
    ['a', './a.yaml', '../a b.yaml', 'C:'],
    ['', '/a', '\\a', 'a\\b', '\u0000', 'a\u0000b'],
  ],
];

describe('the schema of policy tests', () => {
  it('takes a document that uses every member', () => {
    assert.deepEqual(messages(COMPLETE), []);
  });

  it('wants the members without which a test says nothing, and none besides', () => {
    const expected = REQUIRED.flatMap(([place, fields]) =>
      fields.map((field) => {
        const member = place === '' ? field : `${place}.${field}`;
        return `${member}: ${place || 'the document'} lacks the field ${field}`;
      }),
    );
    const alternative = `${CASE}.object: a case has either object or objectFile`;
    const isEntry = (place: string) => /\.\d+$/.test(place);
    const found = PLACES.filter((place) => !isEntry(place)).flatMap((place) =>
      messages(changed(at(place), undefined)).map((message) => `${place}: ${message}`),
    );
    assert.deepEqual(new Set(found), new Set([...expected, alternative]));
  });

  it('refuses a member that it does not know, wherever the members are ours', () => {
    for (const place of ['', ...PLACES]) {
      if (FREE.has(place) || MAPS.has(place) || !isJsonObject(valueAt(COMPLETE, at(place)))) continue;
      const expected = `unknown field "strange" in ${place === '' ? 'the document' : place}`;
      assert.deepEqual(messages(changed([...at(place), 'strange'], 'x')), [expected]);
    }
  });

  it('refuses a number in each place, which none but a found value may be, and names the place', () => {
    for (const place of PLACES) {
      const [first = 'accepted'] = messages(changed(at(place), 5));
      if (place === `${FINDING}.found`) assert.equal(first, 'accepted');
      else assert.ok(first.startsWith(`${formatPath(at(place))} must be `), `${place}: ${first}`);
    }
  });

  for (const [place, words] of WORDS) {
    it(`takes ${words.join(', ')} as ${place}, and lists them for any other word`, () => {
      for (const word of words) assert.deepEqual(messages(changed(at(place), word)), [], word);
      const [other = ''] = words;
      for (const wrong of ['', 'other', other.toLowerCase() === other ? `${other}s` : other.toLowerCase()])
        assert.deepEqual(messages(changed(at(place), wrong)), [
          `${place} must be one of ${words.join(', ')}`,
        ]);
    });
  }

  for (const [place, largest, larger, problem] of LARGEST) {
    it(`bounds ${place}: ${problem}`, () => {
      assert.deepEqual(
        messages(changed(at(place), largest)).filter((message) => message.includes(' must ')),
        [],
      );
      const [first = 'accepted'] = messages(changed(at(place), larger));
      assert.ok(first.startsWith(`${place} ${problem}`), first);
    });
  }

  for (const [place, empty, problem] of EMPTY) {
    it(`refuses an empty ${place}`, () => {
      assert.deepEqual(messages(changed(at(place), empty)), [`${place} ${problem}`]);
    });
  }

  for (const [place, right, wrong] of PATTERNS) {
    it(`takes as ${place} what has its form, from the first character to the last`, () => {
      for (const text of right) assert.deepEqual(messages(changed(at(place), text)), [], text);
      for (const text of wrong) {
        const [first = 'accepted'] = messages(changed(at(place), text));
        assert.ok(first.startsWith(`${place} must `), `${JSON.stringify(text)}: ${first}`);
      }
    });
  }

  it('compares with a found value of any kind', () => {
    for (const value of [0, '', false, null, [], {}, [{ a: 1 }]])
      assert.deepEqual(messages(changed(at(`${FINDING}.found`), value)), [], JSON.stringify(value));
  });

  it('takes lists that say there is nothing', () => {
    for (const place of ['findings', 'warnings'])
      assert.deepEqual(messages(changed(at(`${CASE}.expect.${place}`), [])), [], place);
    for (const fact of ['sources', 'releases', 'dependents', 'promotions'])
      assert.deepEqual(messages(changed(['spec', 'facts', fact], [])), [], fact);
  });

  it('says of itself which draft it is, and explains each fact to editors in a sentence', () => {
    assert.equal(POLICY_TEST_SCHEMA['$schema'], 'http://json-schema.org/draft-07/schema#');
    assert.match(String(POLICY_TEST_SCHEMA['title']), /policy test/);
    const facts = ['properties', 'spec', 'properties', 'facts', 'properties'];
    const known = Object.keys(valueAt(POLICY_TEST_SCHEMA, facts) as JsonObject);
    for (const fact of known) assert.ok(valueAt(POLICY_TEST_SCHEMA, [...facts, fact, 'description']), fact);
    for (const text of descriptionsIn(POLICY_TEST_SCHEMA)) assert.match(text, /^\S.*[^.]\.$/);
  });
});

/** The texts for editors; a property that is called description is none. */
function descriptionsIn(schema: Json | undefined): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const own = isJsonObject(schema) ? schema['description'] : undefined;
  return [...(typeof own === 'string' ? [own] : []), ...Object.values(schema).flatMap(descriptionsIn)];
}
