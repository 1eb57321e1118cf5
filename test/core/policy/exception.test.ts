import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import type { Phase } from '../../../src/core/policy/decision.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { ExceptionUses } from '../../../src/core/policy/exception-uses.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import { formatLocatedError } from '../../../src/core/policy/located-error.ts';
import type { PolicySet } from '../../../src/core/policy/policy-set.ts';
import type { CompiledRule } from '../../../src/core/policy/rule.ts';
import type { Subject } from '../../../src/core/policy/subject.ts';
import { documentSet, exceptionDocument, factsWith, helmRelease, subjectOf } from './policy-fixture.ts';

const RULES = [
  { id: 'sources', allowedSources: [{ url: 'https://other.example' }] },
  { id: 'timeout', defaults: { HelmRelease: { 'spec.timeout': '5m' } } },
];
const policy = (spec: JsonObject = {}, name = 'p'): JsonObject => ({
  kind: 'Policy',
  metadata: { name },
  spec: { rules: RULES, ...spec },
});

interface Case {
  readonly exceptions: readonly JsonObject[];
  readonly policySpec?: JsonObject;
  readonly object?: JsonObject;
  readonly subject?: Partial<Subject>;
  readonly facts?: Partial<Facts>;
  readonly phase?: Phase;
}

function decide({ exceptions, policySpec, object, subject, facts, phase = 'admission' }: Case) {
  const set = documentSet([policy(policySpec), ...exceptions]);
  const judged = subjectOf(object ?? helmRelease(), undefined, subject);
  return evaluate(set, judged, factsWith('https://flagger.app', facts), phase);
}

describe('an exception', () => {
  it('keeps a rule from denying and from changing, and tells what it was needed for', () => {
    const decision = decide({ exceptions: [exceptionDocument()] });
    assert.deepEqual(
      [decision.allowed, decision.findings, decision.patch, decision.warnings],
      [true, [], [], []],
    );
    assert.deepEqual(decision.exceptions, [
      { exception: 'legacy', policy: 'p', rule: 'sources', expires: '2027-01-31T00:00:00Z', findings: 1 },
      { exception: 'legacy', policy: 'p', rule: 'timeout', expires: '2027-01-31T00:00:00Z', findings: 1 },
    ]);
    assert.deepEqual(
      decision.ruleResults.map(({ result }) => result),
      ['excepted', 'excepted'],
    );
  });

  it('leaves the rules alone that it does not name', () => {
    const decision = decide({ exceptions: [exceptionDocument({ rules: ['timeout'] })] });
    assert.deepEqual(
      decision.findings.map(({ rule }) => rule),
      ['sources'],
    );
    assert.deepEqual(decision.patch, []);
  });

  it('is not needed, and not counted, where its rule finds nothing', () => {
    const object = helmRelease({ timeout: '1m' });
    const decision = decide({ exceptions: [exceptionDocument({ rules: ['timeout'] })], object });
    assert.equal(decision.exceptions, undefined);
    assert.deepEqual(decision.ruleResults.at(-1), { policy: 'p', rule: 'timeout', result: 'pass' });
  });

  it('lets nothing pass in the objects beside it', () => {
    const decision = decide({ exceptions: [exceptionDocument({ match: { names: ['podinfo'] } })] });
    assert.equal(decision.allowed, false);
  });

  const boundary: readonly (readonly [now: string, holds: boolean])[] = [
    ['2027-01-30T23:59:59Z', true],
    ['2027-01-31T00:00:00Z', false],
    ['2027-01-31T00:59:59+01:00', true],
    ['2027-01-31T01:00:00+01:00', false],
    ['2028-01-01T00:00:00Z', false],
    ['no time at all', false],
  ];
  for (const phase of ['admission', 'release'] as const) {
    for (const [now, holds] of boundary) {
      it(`that expires 2027-01-31 ${holds ? 'holds' : 'no longer holds'} at ${now} (${phase})`, () => {
        const sources = exceptionDocument({ rules: ['sources'] });
        assert.equal(decide({ exceptions: [sources], facts: { now }, phase }).allowed, holds);
      });
    }
  }

  const warned: readonly (readonly [now: string, count: number])[] = [
    ['2027-01-23T23:59:59Z', 0],
    ['2027-01-24T00:00:00Z', 1],
    ['2027-01-30T23:59:59Z', 1],
  ];
  for (const [now, count] of warned) {
    it(`${count === 0 ? 'does not warn' : 'warns'} of its end at ${now}, naming owner and time, once`, () => {
      const { warnings } = decide({ exceptions: [exceptionDocument()], facts: { now } });
      assert.deepEqual(
        warnings,
        Array.from(
          { length: count },
          () => 'exception legacy of team-a ends at 2027-01-31T00:00:00Z; from then on policy p denies this',
        ),
      );
    });
  }

  it('gives way to the one that lasts longest, which alone counts as needed', () => {
    const exceptions = [
      exceptionDocument({ expires: '2026-06-02' }, 'short'),
      exceptionDocument({ expires: '2027-06-02' }, 'long'),
      exceptionDocument({ expires: '2027-06-02' }, 'later'),
    ];
    const decision = decide({ exceptions });
    assert.deepEqual([...new Set(decision.exceptions?.map(({ exception }) => exception))], ['long']);
    assert.deepEqual(decision.warnings, []);
  });
});

describe('what an exception covers', () => {
  const prod = { namespaces: { names: ['prod-*'] } };
  const into = (targetNamespace: string) => helmRelease({ targetNamespace });
  const table: readonly (readonly [name: string, covered: boolean, Case])[] = [
    [
      'a release, by its own namespace, that goes elsewhere too',
      false,
      {
        exceptions: [exceptionDocument({ match: { namespaces: { names: ['team'] } } })],
        object: into('prod-x'),
      },
    ],
    [
      'a release by all the namespaces that it touches',
      true,
      {
        exceptions: [exceptionDocument({ match: { namespaces: { names: ['team', 'prod-x'] } } })],
        object: into('prod-x'),
      },
    ],
    [
      'a release by the one namespace that the policy is about',
      true,
      {
        exceptions: [exceptionDocument({ match: { namespaces: { names: ['prod-x'] } } })],
        policySpec: { match: prod },
        object: into('prod-x'),
      },
    ],
    [
      'a release in its own namespace when the policy is about the target',
      false,
      {
        exceptions: [exceptionDocument({ match: { namespaces: { names: ['team'] } } })],
        policySpec: { match: prod },
        object: into('prod-x'),
      },
    ],
    [
      'a namespace whose labels are not known',
      false,
      {
        exceptions: [exceptionDocument({ match: { namespaces: { labels: { matchLabels: { a: 'b' } } } } })],
        facts: { namespaceLabels: { known: false, why: 'Unavailable' } },
      },
    ],
    [
      'a namespace that may be excluded from it',
      false,
      {
        exceptions: [
          exceptionDocument({ match: { exclude: { namespaces: { labels: { matchLabels: { a: 'b' } } } } } }),
        ],
        facts: { namespaceLabels: { known: false, why: 'Unavailable' } },
      },
    ],
    [
      'a user that it names',
      true,
      {
        exceptions: [exceptionDocument({ match: { subjects: [{ user: 'alice' }] } })],
        subject: { user: { username: 'alice', groups: [] } },
      },
    ],
    [
      'somebody unknown, where it names a user',
      false,
      { exceptions: [exceptionDocument({ match: { subjects: [{ user: 'alice' }] } })] },
    ],
    [
      'somebody unknown, where it excludes a user',
      false,
      { exceptions: [exceptionDocument({ match: { exclude: { subjects: [{ user: 'bob' }] } } })] },
    ],
    [
      'a create, where it is for creates',
      true,
      { exceptions: [exceptionDocument({ match: { operations: ['CREATE'] } })] },
    ],
    [
      'a release that runs, where it is for creates',
      false,
      { exceptions: [exceptionDocument({ match: { operations: ['CREATE'] } })], phase: 'release' },
    ],
  ];
  for (const [name, covered, given] of table) {
    it(`is ${covered ? '' : 'not '}${name}`, () => {
      assert.equal(decide(given).allowed, covered);
    });
  }
});

describe('a default that was filled in', () => {
  const object = helmRelease(
    { timeout: '5m' },
    {
      annotations: { 'helmgate.dev/defaults': '{"/spec/timeout":"5m"}' },
      managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': { 'f:interval': {} } } }],
    },
  );
  const pointers = (match: JsonObject) => {
    const set = documentSet([policy(), exceptionDocument({ rules: ['timeout'], match })]);
    const subject = subjectOf(object, object, { user: { username: 'alice', groups: [] } });
    return evaluate(set, subject, factsWith(), 'admission').mutations.map(({ pointer }) => pointer);
  };

  it('goes while the object is excepted', () => {
    assert.deepEqual(pointers({ names: ['flagger'] }), ['/spec/timeout']);
  });

  it('stays when only the request is: an edit of an excepted user must not undo it', () => {
    assert.deepEqual(pointers({ subjects: [{ user: 'alice' }] }), []);
    assert.deepEqual(pointers({ operations: ['UPDATE'] }), []);
  });
});

describe('a rule that fails', () => {
  it('does not deny where it is excepted, and counts as one use', () => {
    const set = documentSet([policy(), exceptionDocument({ rules: ['sources'] })]);
    const broken = (rule: CompiledRule): CompiledRule => ({
      ...rule,
      body: {
        ...rule.body,
        judge() {
          throw new Error('boom');
        },
      },
    });
    const rules = (set.rulesByKind.get('HelmRelease') ?? []).map(broken);
    const broke = { ...set, rulesByKind: new Map([['HelmRelease', rules]]) };
    const { findings, exceptions, ruleResults } = evaluate(
      broke,
      subjectOf(helmRelease()),
      factsWith(),
      'admission',
    );
    assert.deepEqual(
      findings.map(({ rule, reason }) => [rule, reason]),
      [['timeout', 'PolicyError']],
    );
    assert.deepEqual(
      exceptions?.map(({ rule, findings: count }) => [rule, count]),
      [['sources', 1]],
    );
    assert.deepEqual(
      ruleResults.map(({ result }) => result),
      ['error', 'error'],
    );
  });
});

describe('the uses of exceptions', () => {
  const exceptions = ['a', 'b', 'c'].map((name) =>
    exceptionDocument(
      {
        match: { names: [name === 'c' ? 'podinfo' : 'flagger'] },
        rules: [name === 'a' ? 'sources' : 'timeout'],
      },
      name,
    ),
  );
  const set = documentSet([policy(), ...exceptions]);
  const judge = (spec: JsonObject) => evaluate(set, subjectOf(helmRelease(spec)), factsWith(), 'admission');

  it('are counted once for each decision and rule, and not on a dry run', () => {
    const uses = new ExceptionUses();
    uses.add(judge({}), false);
    uses.add(judge({ timeout: '1m' }), false);
    uses.add(judge({}), true);
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => uses.usesOf(name)),
      [2, 1, 0],
    );
    assert.deepEqual(
      uses.unusedOf(set).map(({ name }) => name),
      ['c'],
    );
  });

  it('tell which ones nothing needs any more', () => {
    const unneeded = (among: PolicySet, ...specs: readonly JsonObject[]) => {
      const uses = new ExceptionUses();
      for (const spec of specs) uses.add(judge(spec), false);
      return uses.unusedOf(among);
    };
    const names = (...specs: readonly JsonObject[]) =>
      unneeded(set, ...specs).map(({ name, owner, place }) => [name, owner, place.line]);
    assert.deepEqual(names({ timeout: '1m' }), [
      ['b', 'team-a', 5],
      ['c', 'team-a', 7],
    ]);
    assert.deepEqual(names({}, {}), [['c', 'team-a', 7]]);
    assert.deepEqual(unneeded(documentSet([policy()])), []);
  });
});

describe('an exception with an error', () => {
  const compile = (spec: JsonObject, now?: string) => {
    const documents = [policy(), policy({ match: { names: ['podinfo'] } }, 'other'), exceptionDocument(spec)];
    const lines = documents.map((document) =>
      JSON.stringify({ apiVersion: 'helmgate.dev/v1alpha1', ...document }),
    );
    return compilePolicySet(
      [{ path: 'p.yaml', text: lines.join('\n---\n') }],
      now === undefined ? {} : { now },
    );
  };
  const first = (errors: readonly Parameters<typeof formatLocatedError>[0][]) =>
    errors.map((error) => formatLocatedError(error).split('\n')[0]);

  const table: readonly (readonly [name: string, JsonObject, RegExp])[] = [
    [
      'an unknown policy',
      { policy: 'othr' },
      /^p\.yaml:5:\d+: there is no policy othr \(did you mean "other"\?\)$/,
    ],
    [
      'an unknown rule',
      { rules: ['sources', 'timeot'] },
      /^p\.yaml:5:\d+: policy p has no rule timeot \(did you mean "timeout"\?\)$/,
    ],
    ['no end', { expires: undefined }, /^p\.yaml:5:\d+: spec lacks the field expires$/],
    ['no owner', { owner: undefined }, /spec lacks the field owner$/],
    ['no reason', { reason: undefined }, /spec lacks the field reason$/],
    ['an empty reason', { reason: '' }, /spec\.reason must NOT have fewer than 1 characters$/],
    ['no match', { match: undefined }, /spec lacks the field match$/],
    ['a match of everything', { match: {} }, /spec\.match must NOT have fewer than 1 properties$/],
    [
      'an end that is no day',
      { expires: '2027-02-29' },
      /^p\.yaml:5:\d+: "2027-02-29" is neither a date nor an RFC 3339 time \(write 2027-01-31 or 2027-01-31T08:00:00Z\)$/,
    ],
    ['an end that is a number', { expires: 2027 }, /spec\.expires must be a text \(put it in quotes\)$/],
    [
      'a misspelt field',
      { expire: '2027-01-01' },
      /unknown field "expire" in spec \(did you mean "expires"\?\)$/,
    ],
  ];
  for (const [name, spec, expected] of table) {
    it(`is refused with its place: ${name}`, () => {
      const result = compile(spec);
      assert.ok(!result.ok);
      assert.equal(result.errors.length, 1);
      assert.match(first(result.errors)[0] ?? '', expected);
    });
  }

  it('is refused when another has its name', () => {
    const documents = [policy(), exceptionDocument(), exceptionDocument({ rules: ['sources'] })];
    assert.throws(() => documentSet(documents), /the exception name legacy is taken by p\.yaml:3/);
  });

  it('says nothing of a policy that has errors of its own', () => {
    const documents = [policy({ rules: [{ id: 'x' }] }), exceptionDocument()];
    const text = documents
      .map((document) => JSON.stringify({ apiVersion: 'helmgate.dev/v1alpha1', ...document }))
      .join('\n---\n');
    const result = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.ok(!result.ok);
    assert.deepEqual(
      result.errors.map(({ message }) => message.split(' ').slice(0, 4).join(' ')),
      ['a rule needs one'],
    );
  });

  const warnings: readonly (readonly [
    name: string,
    spec: JsonObject,
    now: string | undefined,
    expected: RegExp | undefined,
  ])[] = [
    [
      'it has ended',
      {},
      '2027-01-31T00:00:00Z',
      /^exception legacy ended at 2027-01-31T00:00:00Z and no longer holds: remove it$/,
    ],
    ['it lasts a second more', {}, '2027-01-30T23:59:59Z', undefined],
    ['nobody says what time it is', { expires: '2001-01-01' }, undefined, undefined],
    [
      'its policy is about other objects',
      { policy: 'other' },
      undefined,
      /^nothing that policy other is about can fit this exception$/,
    ],
    [
      'it is by subjects',
      { match: { subjects: [{ user: 'a' }] } },
      undefined,
      /^an exception by subjects or operations holds at admission only/,
    ],
  ];
  for (const [name, spec, now, expected] of warnings) {
    it(`${expected === undefined ? 'does not warn' : 'warns'} when ${name}`, () => {
      const result = compile(spec, now);
      assert.ok(result.ok);
      const [warning] = result.warnings;
      if (expected === undefined) assert.equal(warning, undefined);
      else assert.match(warning?.message ?? '', expected);
    });
  }
});
