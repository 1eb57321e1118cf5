import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compilePolicySet } from '../../../src/core/policy/compile.ts';
import { formatLocatedError } from '../../../src/core/policy/located-error.ts';
import { PLANNED_FIELDS } from '../../../src/core/policy/policy-schema.ts';

const HEAD = 'apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: p}\nspec:\n';
const RULES = '  rules: [{id: a, chartVersion: {within: "1.x"}}]\n';

function errorsOf(text: string): readonly string[] {
  const result = compilePolicySet([{ path: 'p.yaml', text }]);
  assert.equal(result.ok, false, 'compiles');
  return result.ok ? [] : result.errors.map((error) => formatLocatedError(error).split('\n')[0] ?? '');
}

/** Where a selector can stand in a set, each with the tokens that lead to it. */
const SELECTORS: readonly (readonly [place: string, at: string, text: (selector: string) => string])[] = [
  ['match', 'spec.match.labels', (labels) => `${HEAD}  match: {labels: ${labels}}\n${RULES}`],
  [
    'the namespaces of match',
    'spec.match.namespaces.labels',
    (labels) => `${HEAD}  match: {namespaces: {labels: ${labels}}}\n${RULES}`,
  ],
  [
    'exclude',
    'spec.match.exclude.labels',
    (labels) => `${HEAD}  match: {exclude: {labels: ${labels}}}\n${RULES}`,
  ],
  [
    'the namespaces of exclude',
    'spec.match.exclude.namespaces.labels',
    (labels) => `${HEAD}  match: {exclude: {namespaces: {labels: ${labels}}}}\n${RULES}`,
  ],
  [
    'enforcement',
    'spec.enforcement.namespaces.0.labels',
    (labels) =>
      `${HEAD}  enforcement: {action: Deny, namespaces: [{action: Warn, labels: ${labels}}]}\n${RULES}`,
  ],
  [
    'promotion',
    'spec.rules.0.promotion.from.namespaces.labels',
    (labels) =>
      `${HEAD}  rules: [{id: a, promotion: {readyFor: 1h, from: {namespaces: {labels: ${labels}}}}}]\n`,
  ],
  [
    'an exception',
    'spec.match.labels',
    (labels) =>
      `${HEAD}${RULES}---\napiVersion: helmgate.dev/v1alpha1\nkind: Exception\nmetadata: {name: e}\nspec: {policy: p, match: {labels: ${labels}}, owner: o, reason: r, expires: 2027-01-31}\n`,
  ],
];

describe('a label selector that Kubernetes refuses', () => {
  const refused: readonly (readonly [requirement: string, path: string, message: RegExp])[] = [
    ['{key: a, operator: In}', '', /lacks the field values$/],
    ['{key: a, operator: NotIn}', '', /lacks the field values$/],
    ['{key: a, operator: In, values: []}', '.values', /must NOT have fewer than 1 items$/],
    ['{key: a, operator: NotIn, values: []}', '.values', /must NOT have fewer than 1 items$/],
    [
      '{key: a, operator: Exists, values: [x]}',
      '',
      /^unknown field "values" in .* \(known are key, operator\)$/,
    ],
    [
      '{key: a, operator: Exists, values: []}',
      '',
      /^unknown field "values" in .* \(known are key, operator\)$/,
    ],
    [
      '{key: a, operator: DoesNotExist, values: [x]}',
      '',
      /^unknown field "values" in .* \(known are key, operator\)$/,
    ],
    ['{key: a, operator: Exist}', '.operator', /must be one of .*did you mean "Exists"/],
    ['{key: a b, operator: Exists}', '.key', /must match pattern/],
    ['{key: a, operator: NotIn, values: [-x]}', '.values.0', /must match pattern/],
  ];
  for (const [place, at, textOf] of SELECTORS) {
    for (const [requirement, path, message] of refused) {
      it(`is an error in ${place}: ${requirement}`, () => {
        const text = textOf(`{matchExpressions: [${requirement}]}`);
        const errors = errorsOf(text);
        assert.ok(errors.length > 0);
        const where = `${at}.matchExpressions.0${path}`;
        for (const error of errors) {
          assert.match(error, /^p\.yaml:[0-9]+:[0-9]+: /);
          const said = error.replace(/^[^ ]+ /, '');
          assert.ok(said.includes(where) && message.test(said), error);
        }
      });
    }

    it(`loads in ${place} with values where they mean something, and without them elsewhere`, () => {
      for (const requirement of [
        '{key: example.com/a_b.c, operator: In, values: [x, ""]}',
        '{key: a, operator: NotIn, values: [x.Y_z-0]}',
        '{key: a, operator: Exists}',
        '{key: a, operator: DoesNotExist}',
      ]) {
        const text = textOf(`{matchLabels: {a: b}, matchExpressions: [${requirement}]}`);
        const result = compilePolicySet([{ path: 'p.yaml', text }]);
        assert.ok(result.ok, result.ok ? '' : result.errors.map(formatLocatedError).join('\n'));
      }
    });
  }
});

describe('a policy file with an error', () => {
  const table: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
    [
      'a misspelt field',
      `${HEAD}  enforcment: Deny\n  rules: [{id: a, defaults: {HelmRelease: {spec.timeout: 5m}}}]\n`,
      /^p\.yaml:5:3: unknown field "enforcment" in spec \(did you mean "enforcement"\?\)$/,
    ],
    [
      'a misspelt value',
      `${HEAD}  enforcement: Deni\n  rules: [{id: a, defaults: {HelmRelease: {spec.timeout: 5m}}}]\n`,
      /^p\.yaml:5:16: .*must be one of Deny, Warn, Audit \(did you mean "Deny"\?\)$/,
    ],
    [
      'a number for a constraint',
      `${HEAD}  rules:\n  - id: a\n    chartVersion: {within: 1.10}\n`,
      /^p\.yaml:7:28: .*must be a text \(put it in quotes\)$/,
    ],
    [
      'no constraint',
      `${HEAD}  rules:\n  - id: a\n    chartVersion: {within: ">=foo"}\n`,
      /^p\.yaml:7:28: ">=foo" is no version constraint/,
    ],
    [
      'a URL that is not canonical',
      `${HEAD}  rules:\n  - id: a\n    allowedSources: [{url: "https://Flagger.app:443/"}]\n`,
      /^p\.yaml:7:28: .*\(write https:\/\/flagger\.app\)$/,
    ],
    [
      'an empty allow-list',
      `${HEAD}  rules:\n  - id: a\n    allowedSources: []\n`,
      /^p\.yaml:7:21: .*must NOT have fewer than 1 items/,
    ],
    [
      'a default at a field that does not exist',
      `${HEAD}  rules:\n  - id: a\n    defaults:\n      HelmRelease:\n        spec.install.remediaton.retries: 3\n`,
      /^p\.yaml:9:42: HelmRelease has no field .*did you mean "spec\.install\.remediation\.retries"/,
    ],
    [
      'a default of a wrong type',
      `${HEAD}  rules:\n  - id: a\n    defaults: {HelmRelease: {spec.upgrade.remediation: {retries: "3"}}}\n`,
      /^p\.yaml:7:66: the default of spec\.upgrade\.remediation\.retries must be a whole number/,
    ],
    [
      'a default outside spec',
      `${HEAD}  rules:\n  - id: a\n    defaults: {HelmRelease: {metadata.labels.x: y}}\n`,
      /a default can only be set below spec/,
    ],
    [
      'a default of status',
      `${HEAD}  rules:\n  - id: a\n    defaults: {HelmRelease: {/status/failures: 0}}\n`,
      /a default can only be set below spec/,
    ],
    [
      'a rule of no kind',
      `${HEAD}  rules:\n  - id: a\n`,
      /^p\.yaml:6:5: a rule needs one of allowedSources, chartVersion, defaults, overrides/,
    ],
    [
      'a rule of two kinds',
      `${HEAD}  rules:\n  - id: a\n    allowedSources: [{url: "https://a.b"}]\n    defaults: {HelmRelease: {spec.timeout: 5m}}\n`,
      /this one has allowedSources and defaults/,
    ],
    [
      'two rules with one id',
      `${HEAD}  rules:\n  - {id: a, chartVersion: {within: "1.x"}}\n  - {id: a, chartVersion: {within: "2.x"}}\n`,
      /^p\.yaml:7:10: the rule id a occurs twice/,
    ],
    [
      'another kind',
      'apiVersion: helmgate.dev/v1alpha1\nkind: Polcy\nmetadata: {name: p}\nspec: {rules: []}\n',
      /^p\.yaml:2:7: kind must be Policy or Exception \(did you mean "Policy"\?\)$/,
    ],
    [
      'another API version',
      'apiVersion: helmgate.dev/v1\nkind: Exception\nmetadata: {name: p}\nspec: {rules: []}\n',
      /^p\.yaml:1:13: apiVersion must be "helmgate\.dev\/v1alpha1"$/,
    ],
    [
      'an enforcement that is no action',
      `${HEAD}  enforcement: {action: Deni}\n${RULES}`,
      /^p\.yaml:5:25: spec\.enforcement\.action must be one of Deny, Warn, Audit \(did you mean "Deny"\?\)$/,
    ],
    [
      'an enforcement without an action',
      `${HEAD}  enforcement: {from: 2026-12-01}\n${RULES}`,
      /^p\.yaml:5:16: spec\.enforcement lacks the field action$/,
    ],
    [
      'an enforcement from a day that does not exist',
      `${HEAD}  enforcement: {action: Deny, from: 2026-02-30}\n${RULES}`,
      /^p\.yaml:5:37: "2026-02-30" is neither a date nor an RFC 3339 time \(write 2026-12-01 or 2026-12-01T08:00:00Z\)$/,
    ],
    [
      'an enforcement that gets weaker',
      `${HEAD}  enforcement: {action: Audit, from: 2026-12-01}\n${RULES}`,
      /^p\.yaml:5:25: Audit is weaker than Warn, which holds before 2026-12-01$/,
    ],
    [
      'an enforcement that denies before it denies',
      `${HEAD}  enforcement: {action: Deny, from: 2026-12-01, before: Deny}\n${RULES}`,
      /^p\.yaml:5:57: spec\.enforcement\.before must be one of Warn, Audit$/,
    ],
    [
      'a before without a from',
      `${HEAD}  enforcement: {action: Deny, before: Audit}\n${RULES}`,
      /^p\.yaml:5:39: before means nothing without from$/,
    ],
    [
      'a namespace entry without namespaces',
      `${HEAD}  enforcement: {action: Deny, namespaces: [{action: Warn}]}\n${RULES}`,
      /^p\.yaml:5:44: an entry of namespaces needs names, labels or both$/,
    ],
    [
      'a date in a namespace entry of a rule',
      `${HEAD}  rules:\n  - id: a\n    enforcement: {action: Deny, namespaces: [{names: [x], action: Deny, from: soon}]}\n    chartVersion: {within: "1.x"}\n`,
      /^p\.yaml:7:79: "soon" is neither a date nor an RFC 3339 time/,
    ],
    [
      'an operation that nobody judges',
      `${HEAD}  match: {operations: [DELETE]}\n${RULES}`,
      /^p\.yaml:5:24: spec\.match\.operations\.0 must be one of CREATE, UPDATE$/,
    ],
    [
      'a kubeConfig that is no truth value',
      `${HEAD}  match: {kubeConfig: {}}\n${RULES}`,
      /^p\.yaml:5:23: spec\.match\.kubeConfig must be true or false$/,
    ],
    [
      'a ratchet that is no truth value',
      `${HEAD}  rules:\n  - id: a\n    ratchet: on\n    chartVersion: {within: "1.x"}\n`,
      /^p\.yaml:7:14: .*ratchet must be true or false$/,
    ],
    ['no rules', `${HEAD}  rules: []\n`, /must NOT have fewer than 1 items/],
    [
      'an alias',
      `${HEAD}  rules: &r\n  - {id: a, chartVersion: {within: "1.x"}}\n  match: *r\n`,
      /^p\.yaml:(5|7):\d+: .*(anchor|alias)/,
    ],
    ['a merge key', `${HEAD}  <<: {a: 1}\n  rules: []\n`, /^p\.yaml:5:3: merge keys are not accepted/],
    ['a tag', `${HEAD}  rules: !!set {a}\n`, /^p\.yaml:5:\d+: the tag .* is not accepted/],
    ['a duplicate key', `${HEAD}  rules: []\n  rules: []\n`, /^p\.yaml:6:3: Map keys must be unique/],
    ['a key that is no text', `${HEAD}  1: 2\n`, /^p\.yaml:5:3: the key 1 is not a text/],
    ['a control character', `${HEAD}  rules: []\n# \u001b[31m\n`, /^p\.yaml:6:3: a control character/],
    [
      'nested flow collections',
      `${HEAD}  rules: ${'['.repeat(100_000)}\n`,
      /^p\.yaml:5:\d+: nested too deeply/,
    ],
    ['nested block collections', `${HEAD}  rules:\n  ${'- '.repeat(5000)}a\n`, /nested too deeply/],
    ['nested explicit keys', `${'? '.repeat(20_000)}a\n`, /nested too deeply/],
    [
      'nesting by indentation',
      Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
      /nested too deeply/,
    ],
    ['an unclosed bracket', `${HEAD}  rules: [\n`, /^p\.yaml:\d+:\d+: /],
  ];
  for (const [name, text, expected] of table) {
    it(`is refused with its place: ${name}`, () => {
      const errors = errorsOf(text);
      assert.ok(
        errors.some((error) => expected.test(error)),
        errors.join('\n'),
      );
      assert.ok(errors.length <= 20);
    });
  }

  for (const field of PLANNED_FIELDS) {
    it(`is refused with its place: the planned field ${field}`, () => {
      const errors = errorsOf(`${HEAD}  rules:\n  - id: a\n    ${field}: {}\n`);
      assert.ok(errors.some((error) => error.startsWith(`p.yaml:7:5: ${field} is not supported yet`)));
    });
  }

  it('is refused when it is too long', () => {
    assert.match(errorsOf(`#${'x'.repeat(1_100_000)}`)[0] ?? '', /longer than 1048576 characters/);
  });

  it('shows the line with a caret and no control characters', () => {
    const result = compilePolicySet([{ path: 'p.yaml', text: `${HEAD}  rulez: "\u0085x"\n` }]);
    assert.ok(!result.ok);
    const frame = result.errors.map(({ frame }) => frame).join('\n');
    assert.match(frame, / {3}5 | {3}rulez/);
    assert.doesNotMatch(frame, /\u0085/);
  });

  it('does not hide the errors of another file', () => {
    const result = compilePolicySet([
      { path: 'b.yaml', text: `${HEAD}  rules: 1\n` },
      { path: 'a.yaml', text: 'a: [' },
    ]);
    assert.ok(!result.ok);
    assert.deepEqual([...new Set(result.errors.map(({ file }) => file))], ['a.yaml', 'b.yaml']);
  });
});

describe('rules that contradict one another', () => {
  const policy = (name: string, spec: string) =>
    `---\napiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: ${name}}\nspec:\n${spec}`;
  const retries = (value: number) =>
    `  rules:\n  - id: r\n    defaults: {HelmRelease: {spec.install.remediation.retries: ${value}}}\n`;

  it('are refused when two policies give one field different defaults', () => {
    const errors = errorsOf(policy('a', retries(1)) + policy('b', retries(2)));
    assert.match(
      errors[0] ?? '',
      /spec\.install\.remediation\.retries has another default in a\/r \(p\.yaml:8\)/,
    );
  });

  it('are accepted with the same default, or where no object can fit both matches', () => {
    const apart = [
      policy('a', retries(1)) + policy('b', retries(1)),
      policy('a', `  match: {namespaces: {names: ["prod-*"]}}\n${retries(1)}`) +
        policy('b', `  match: {namespaces: {names: [dev]}}\n${retries(2)}`),
      policy('a', `  match: {labels: {matchLabels: {tier: prod}}}\n${retries(1)}`) +
        policy('b', `  match: {labels: {matchLabels: {tier: dev}}}\n${retries(2)}`),
      policy('a', `  enforcement: Audit\n${retries(1)}`) + policy('b', retries(2)),
    ];
    for (const text of apart) assert.equal(compilePolicySet([{ path: 'p.yaml', text }]).ok, true, text);
  });

  it('are refused when their namespaces can overlap', () => {
    const errors = errorsOf(
      policy('a', `  match: {namespaces: {names: ["prod-*"]}}\n${retries(1)}`) +
        policy('b', `  match: {namespaces: {names: ["*-eu"]}}\n${retries(2)}`),
    );
    assert.equal(errors.length, 1);
  });

  it('are refused when a default decides what a rule applies to', () => {
    const text = policy(
      'a',
      '  match: {namespaces: {names: [x]}}\n  rules: [{id: r, defaults: {HelmRelease: {spec.targetNamespace: x}}}]\n',
    );
    assert.match(errorsOf(text)[0] ?? '', /spec\.targetNamespace decides what a\/r applies to/);
  });

  it('are refused when two policies have one name', () => {
    assert.match(
      errorsOf(policy('a', retries(1)) + policy('a', retries(1)))[0] ?? '',
      /the policy name a is taken by p\.yaml:4/,
    );
  });
});

describe('a policy set', () => {
  it('without files or documents compiles to no rules', () => {
    for (const files of [[], [{ path: 'a.yaml', text: '# nothing\n---\n' }]]) {
      const result = compilePolicySet(files);
      assert.ok(result.ok);
      assert.equal(result.set.ruleCount, 0);
    }
  });

  it('has one digest for the same files in any order, and another for any other byte', () => {
    const a = { path: 'a.yaml', text: `${HEAD}  rules: [{id: a, chartVersion: {within: "1.x"}}]\n` };
    const b = { path: 'b.yaml', text: '# nothing' };
    const digest = (files: (typeof a)[]) => {
      const result = compilePolicySet(files, { commit: 'c0ffee' });
      assert.ok(result.ok);
      assert.equal(result.set.commit, 'c0ffee');
      return result.set.digest;
    };
    assert.equal(digest([a, b]), digest([b, a]));
    assert.notEqual(digest([a, b]), digest([a, { ...b, text: '# nothing.' }]));
  });

  it('warns about a default that the API itself sets first', () => {
    const text = `${HEAD}  rules: [{id: a, defaults: {HelmRelease: {spec.uninstall.deletionPropagation: orphan}}}]\n`;
    const result = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.ok(result.ok);
    assert.match(result.warnings[0]?.message ?? '', /set to background by the API's own schema first/);
  });

  it('warns about a stage that changes nothing', () => {
    const text = `${HEAD}  enforcement: {action: Warn, from: 2026-12-01}\n${RULES}`;
    const result = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.ok(result.ok);
    assert.deepEqual(
      result.warnings.map(({ message }) => message),
      ['2026-12-01 changes nothing: Warn holds before and after'],
    );
  });
});
