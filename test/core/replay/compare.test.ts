import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import type { Decision } from '../../../src/core/policy/decision.ts';
import { compareDecisions, findDifference } from '../../../src/core/replay/compare.ts';
import type { Again } from '../../../src/core/replay/judge-again.ts';
import { decisionOf, findingOf, mutationOf, rowOf } from './fixture.ts';

type Decided = Extract<Again, { kind: 'Decided' }>;

function again(
  decision: Decision,
  { redacted = [], mutated = { mutations: [], patch: [] } }: Partial<Omit<Decided, 'kind' | 'decision'>> = {},
): Decided {
  return { kind: 'Decided', decision, mutated, redacted };
}

const finding = findingOf();
const warning = findingOf({ rule: 'w', enforcement: 'Warn' });
const denied = rowOf({
  verdict: 'Deny',
  findings: [
    { policy: 'p', rule: 'r', enforcement: 'Deny' },
    { policy: 'p', rule: 'r', enforcement: 'Deny' },
    { policy: 'q', rule: 'r', enforcement: 'Deny' },
    { policy: 'p', rule: 'w', enforcement: 'Warn' },
    { enforcement: 'Deny' },
  ],
});
const replace = (path: string) => ({ op: 'replace', path, value: 1 }) as const;

describe('comparing a decision with what it would be', () => {
  it('passes on why it cannot be told', () => {
    const unknown = { kind: 'Unknown', why: 'gone' } as const;
    assert.deepEqual(compareDecisions(rowOf(), unknown), unknown);
  });

  it('calls newly denied what was allowed, with the findings that deny and no others', () => {
    assert.deepEqual(compareDecisions(rowOf(), again(decisionOf([finding, warning]))), {
      kind: 'NewlyDenied',
      findings: [finding],
    });
  });

  it('calls newly allowed what was denied or held, with each rule that denied once', () => {
    assert.deepEqual(compareDecisions(denied, again(decisionOf([warning]))), {
      kind: 'NewlyAllowed',
      rules: [
        { policy: 'p', rule: 'r' },
        { policy: 'q', rule: 'r' },
        { policy: '', rule: '' },
      ],
    });
    assert.equal(compareDecisions(rowOf({ verdict: 'Hold' }), again(decisionOf())).kind, 'NewlyAllowed');
  });

  it('calls the same what is allowed as before, or denied as before whatever would be changed first', () => {
    const mutated = { mutations: [mutationOf('d', '/spec/a')], patch: [replace('/spec/a')] };
    assert.deepEqual(compareDecisions(rowOf(), again(decisionOf([warning]))), { kind: 'Same' });
    assert.deepEqual(compareDecisions(denied, again(decisionOf([finding]), { mutated })), { kind: 'Same' });
  });

  it('calls newly changed what would be stored otherwise, with each rule once', () => {
    const mutations = [mutationOf('d', '/spec/a'), mutationOf('d', '/spec/b'), mutationOf('e', '/spec/c')];
    const mutated = { mutations, patch: [replace('/spec/a'), replace('/spec/b')] };
    assert.deepEqual(compareDecisions(rowOf(), again(decisionOf(), { mutated })), {
      kind: 'NewlyMutated',
      rules: [
        { policy: 'p', rule: 'd' },
        { policy: 'p', rule: 'e' },
      ],
      paths: ['/spec/a', '/spec/b'],
    });
  });

  it('names the record of defaults where no rule has changed anything', () => {
    const mutated = { mutations: [], patch: [replace('/metadata/annotations')] };
    assert.deepEqual(compareDecisions(rowOf(), again(decisionOf(), { mutated })), {
      kind: 'NewlyMutated',
      rules: [{ policy: 'helmgate', rule: 'former-defaults' }],
      paths: ['/metadata/annotations'],
    });
  });

  const redactions: readonly (readonly [string, readonly string[], 'Unknown' | 'NewlyDenied'])[] = [
    ['spec.values.password', ['/spec/values/password'], 'Unknown'],
    ['spec.values.password.hash', ['/spec/values/password'], 'Unknown'],
    ['spec.values', ['/spec/values/password'], 'NewlyDenied'],
    ['spec.values.passwords', ['/spec/values/password'], 'NewlyDenied'],
    ['spec.a', ['/spec/b', '/spec/a'], 'Unknown'],
    ['spec.a', [], 'NewlyDenied'],
  ];
  for (const [path, redacted, kind] of redactions) {
    it(`answers ${kind} to a finding at ${path} where ${redacted.join(', ') || 'nothing'} was redacted`, () => {
      const change = compareDecisions(rowOf(), again(decisionOf([findingOf({ path })]), { redacted }));
      assert.equal(change.kind, kind);
      if (change.kind === 'Unknown') assert.equal(change.why, 'it rests on a value that was redacted');
    });
  }

  it('counts a denial that does not rest on redacted values alone', () => {
    const findings = [findingOf({ path: 'spec.a' }), findingOf({ path: 'spec.b' })];
    assert.equal(
      compareDecisions(rowOf(), again(decisionOf(findings), { redacted: ['/spec/a'] })).kind,
      'NewlyDenied',
    );
    const without = decisionOf([], { allowed: false });
    assert.deepEqual(compareDecisions(rowOf(), again(without, { redacted: ['/spec/a'] })), {
      kind: 'NewlyDenied',
      findings: [],
    });
  });
});

describe('whether a decision comes out again', () => {
  const written = (one = finding): JsonObject => JSON.parse(JSON.stringify(one));
  const differs = (row: JsonObject, decision: Decision) => findDifference(rowOf(row), again(decision));
  const table: readonly (readonly [string, JsonObject, Decision, string | undefined])[] = [
    ['the same', {}, decisionOf(), undefined],
    ['the same denial', { verdict: 'Deny', findings: [written()] }, decisionOf([finding]), undefined],
    [
      'a held one',
      { verdict: 'Hold', findings: [written()] },
      decisionOf([finding], { held: {} }),
      undefined,
    ],
    ['another verdict', { verdict: 'Deny' }, decisionOf(), 'the verdict is Allow, the row says Deny'],
    ['a denial', {}, decisionOf([finding]), 'the verdict is Deny, the row says Allow'],
    [
      'a hold',
      { verdict: 'Deny' },
      decisionOf([finding], { held: { until: 'x' } }),
      'the verdict is Hold, the row says Deny',
    ],
    [
      'a finding that is gone',
      { findings: [written(warning)] },
      decisionOf(),
      'no such finding: p/w RangeTooWide (Warn) at "spec.a"',
    ],
    [
      'a finding that is new',
      {},
      decisionOf([warning]),
      'a finding that the row does not have: p/w RangeTooWide (Warn) at "spec.a"',
    ],
    ['a row whose finding says nothing', { findings: [{}] }, decisionOf(), 'no such finding: /  () at ""'],
    [
      'the same patch',
      { patchPaths: ['/a', '/b'] },
      decisionOf([], { patch: [replace('/a'), replace('/b')] }),
      undefined,
    ],
    [
      'another patch',
      { patchPaths: ['/a', '/c'] },
      decisionOf([], { patch: [replace('/a'), replace('/b')] }),
      'the patch changes /a, /b, the row says /a, /c',
    ],
    [
      'a patch where there was none',
      {},
      decisionOf([], { patch: [replace('/a')] }),
      'the patch changes /a, the row says nothing',
    ],
    [
      'no patch where there was one',
      { patchPaths: ['/a'] },
      decisionOf(),
      'the patch changes nothing, the row says /a',
    ],
  ];
  for (const [name, row, decision, expected] of table) {
    it(`tells ${name}`, () => assert.equal(differs(row, decision), expected));
  }

  it('does not mind the order and the number of equal findings, and minds each part of one', () => {
    const text = fc.constantFrom('a', 'b');
    const one = fc
      .record({ policy: text, rule: text, path: text })
      .map((parts) => findingOf({ ...parts, enforcement: 'Warn' }));
    fc.assert(
      fc.property(fc.array(one, { maxLength: 4 }), fc.array(one, { maxLength: 4 }), (had, has) => {
        const keys = (findings: typeof had) =>
          new Set(findings.map(({ policy, rule, path }) => [policy, rule, path].join()));
        const same = keys(had).symmetricDifference(keys(has)).size === 0;
        assert.equal(differs({ findings: had.map(written) }, decisionOf(has)) === undefined, same);
      }),
    );
  });
});
