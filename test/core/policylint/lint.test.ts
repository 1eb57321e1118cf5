import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { lintPolicies } from '../../../src/core/policylint/lint.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');

function lint(...texts: readonly string[]): readonly string[] {
  const sources = texts.map((text, index) => ({ file: `${index}.yaml`, text }));
  return lintPolicies(sources, NOW).findings.map(
    ({ file, line, column, level, code, message, hint }) =>
      `${file}:${line}:${column} ${level} ${code}: ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

const policy = (spec: string, name = 'p') =>
  `apiVersion: helmgate.dev/v1alpha1\nkind: Policy\nmetadata: {name: ${name}}\nspec:\n${spec}`;
const exception = (spec: string) =>
  `apiVersion: helmgate.dev/v1alpha1\nkind: Exception\nmetadata: {name: e}\nspec: {policy: p, owner: team-a, reason: r, ${spec}}\n`;
const SOURCES = '  rules: [{id: s, allowedSources: [{url: https://flagger.app}]}]\n';

const TABLE: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['nothing odd', [policy(`  match: {names: [a]}\n${SOURCES}`)], []],
  [
    'broken YAML, beside other files',
    ['a: [', policy(`  match: {names: [a], exclude: {names: [a]}}\n${SOURCES}`)],
    [
      '0.yaml:1:5 error InvalidPolicy: Flow sequence in block collection must be sufficiently indented and end with a ]',
      '1.yaml:5:33 warning MatchesNothing: this matches nothing: every name that fits is excluded again',
    ],
  ],
  [
    'a version that was read as a number, once',
    [policy('  rules: [{id: s, chartVersion: {within: 1.10}}]\n')],
    ['0.yaml:5:42 error InvalidPolicy: spec.rules.0.chartVersion.within must be a text (put it in quotes)'],
  ],
  [
    'texts that kubectl takes for something else',
    [
      policy(
        '  rules: [{id: s, defaults: {HelmRelease: {spec.values: {a: yes, on: 1_0, b: "no", c: 1:30, d: off}}}}]\n',
      ),
    ],
    [
      '0.yaml:5:61 warning ReadDifferently: yes is read as a text here, and as true by kubectl and other readers of YAML 1.1 (write "yes")',
      '0.yaml:5:66 warning ReadDifferently: on is read as a text here, and as true by kubectl and other readers of YAML 1.1 (write "on")',
      '0.yaml:5:70 warning ReadDifferently: 1_0 is read as a text here, and as 10 by kubectl and other readers of YAML 1.1 (write "1_0")',
      '0.yaml:5:96 warning ReadDifferently: off is read as a text here, and as false by kubectl and other readers of YAML 1.1 (write "off")',
    ],
  ],
  [
    'numbers that lose digits where any value may stand',
    [
      policy(
        '  rules:\n  - {id: s, defaults: {HelmRelease: {spec.values: {tag: 1.10, sum: 1e3, id: 007, big: 12345678901234567890, fine: -1.5}}}}\n',
      ),
    ],
    [
      '0.yaml:6:57 warning NumberFromText: spec.rules.0.defaults.HelmRelease["spec.values"].tag: 1.10 is read as the number 1.1 (write "1.10")',
      '0.yaml:6:68 warning NumberFromText: spec.rules.0.defaults.HelmRelease["spec.values"].sum: 1e3 is read as the number 1000 (write "1e3")',
      '0.yaml:6:77 warning NumberFromText: spec.rules.0.defaults.HelmRelease["spec.values"].id: 007 is read as the number 7 (write "007")',
    ],
  ],
  [
    'a rule that never judges the kinds of its policy',
    [
      policy(
        `  match: {kinds: [HelmRepository]}\n  rules: [{id: d, defaults: {HelmRelease: {spec.timeout: 5m}}}]\n`,
      ),
    ],
    [
      '0.yaml:6:16 warning MatchesNothing: the rule d judges HelmRelease, and the policy is about HelmRepository only',
    ],
  ],
  [
    'the same rule twice in policies about the same objects, whatever their names and the order of keys',
    [
      policy('  rules: [{id: s, allowedSources: [{url: https://flagger.app, subpaths: true}]}]\n'),
      policy('  rules: [{id: t, allowedSources: [{subpaths: true, url: https://flagger.app}]}]\n', 'q'),
    ],
    ['1.yaml:5:16 warning DuplicateRule: the rule t says the same as p/s (0.yaml:5)'],
  ],
  [
    'a duplicate of what holds where no enforcement is written, and no other',
    [
      policy('  rules: [{id: i, ineffective: {}}]\n'),
      policy('  enforcement: Warn\n  rules: [{id: w, ineffective: {}}]\n', 'q'),
      policy('  enforcement: Deny\n  rules: [{id: d, ineffective: {}}]\n', 'r'),
    ],
    ['1.yaml:6:16 warning DuplicateRule: the rule w says the same as p/i (0.yaml:5)'],
  ],
  [
    'no duplicate where enforcement or match differ',
    [
      policy(`  match: {names: [a]}\n${SOURCES}`),
      policy(SOURCES, 'q'),
      policy('  rules: [{id: s, enforcement: Warn, allowedSources: [{url: https://flagger.app}]}]\n', 'r'),
    ],
    [],
  ],
  [
    'defaults and overrides of what an author may not have chosen',
    [
      policy(
        '  rules:\n  - id: d\n    defaults:\n      HelmRelease:\n        spec.chart.spec.interval: 10m\n        spec.kubeConfig.secretRef.key: k\n        spec.commonMetadata.labels.a: b\n  - {id: o, overrides: {HelmRelease: {spec.upgrade.strategy.retryInterval: 1m}}}\n',
      ),
    ],
    [
      '0.yaml:9:9 note ChoiceNotMade: the default of spec.chart.spec.interval acts only where spec.chart.spec is written',
      '0.yaml:10:9 warning ChoiceNotMade: the default of spec.kubeConfig.secretRef.key acts only where spec.kubeConfig.secretRef is written',
      '0.yaml:12:39 warning ChoiceNotMade: the override of spec.upgrade.strategy.retryInterval acts only where spec.upgrade.strategy.name is RetryOnFailure',
    ],
  ],
  [
    'no field that gets what it depends on by the same rule',
    [
      policy(
        '  rules: [{id: d, defaults: {HelmRelease: {spec.upgrade.strategy: {name: RetryOnFailure, retryInterval: 1m}}}}]\n',
      ),
    ],
    [],
  ],
  [
    'an entry that stands twice',
    [
      policy(
        '  match: {names: [a, b, a]}\n  rules: [{id: s, allowedSources: [{url: https://flagger.app}, {url: https://flagger.app}]}]\n',
      ),
    ],
    [
      '0.yaml:5:25 warning DuplicateEntry: spec.match.names.2 is the entry of line 5 again',
      '0.yaml:6:64 warning DuplicateEntry: spec.rules.0.allowedSources.1 is the entry of line 6 again',
    ],
  ],
  [
    'a default that the same objects never see for an override',
    [
      policy(
        '  rules:\n  - id: d\n    defaults:\n      HelmRelease:\n        spec.timeout: 5m\n        spec.suspend: false\n  - {id: o, overrides: {HelmRelease: {spec.timeout: 6m}}}\n',
      ),
    ],
    [
      '0.yaml:9:9 warning DefaultOverridden: spec.timeout has a default here, and p/o (0.yaml:11) overrides it',
    ],
  ],
  [
    'no overridden default where the override is for some of the objects, or only warns',
    [
      policy('  rules: [{id: d, defaults: {HelmRelease: {spec.timeout: 5m}}}]\n'),
      policy(
        '  match: {names: [a]}\n  rules: [{id: o, overrides: {HelmRelease: {spec.timeout: 6m}}}]\n',
        'q',
      ),
      policy('  enforcement: Warn\n  rules: [{id: o, overrides: {HelmRelease: {spec.timeout: 6m}}}]\n', 'r'),
    ],
    [],
  ],
  [
    'exceptions by their end: over, within a week, later',
    [
      policy(SOURCES),
      exception('match: {names: [a]}, expires: 2026-06-01T00:00:00Z'),
      exception('match: {names: [a]}, expires: 2026-06-08').replace('name: e', 'name: f'),
      exception('match: {names: [a]}, expires: 2026-06-08T00:00:01Z').replace('name: e', 'name: g'),
    ],
    [
      '1.yaml:4:75 warning ExceptionExpired: the exception ended at 2026-06-01T00:00:00Z and no longer holds (owner team-a) (remove it)',
      '2.yaml:4:75 warning ExceptionExpiring: the exception ends at 2026-06-08T00:00:00Z (owner team-a)',
    ],
  ],
  [
    'an exception for a rule that does not exist',
    [policy(SOURCES), exception('rules: [t], match: {names: [a]}, expires: 2027-01-01')],
    ['1.yaml:4:53 error InvalidPolicy: policy p has no rule t (did you mean "s"?)'],
  ],
  [
    'stages whose date has passed, of the policy and of a namespace of a rule',
    [
      policy(
        '  enforcement: {action: Deny, from: 2026-06-01}\n  rules:\n  - id: s\n    enforcement:\n      action: Warn\n      namespaces: [{names: [a], action: Deny, from: 2025-01-01}, {names: [b], action: Deny, from: 2026-06-02}]\n    allowedSources: [{url: https://flagger.app}]\n',
      ),
    ],
    [
      '0.yaml:5:37 note StageOver: Deny holds since 2026-06-01T00:00:00Z (leave out from and before)',
      '0.yaml:10:53 note StageOver: Deny holds since 2025-01-01T00:00:00Z (leave out from and before)',
    ],
  ],
];

describe('lint', () => {
  for (const [name, texts, expected] of TABLE) {
    it(`finds ${name}`, () => {
      assert.deepEqual(lint(...texts), expected);
    });
  }

  it('says what a rule answers while nobody gathers its facts', () => {
    const found = lint(policy('  rules:\n  - id: signed\n    signature: {providers: [cosign]}\n'));
    assert.deepEqual(found, [
      '0.yaml:6:9 warning FactNotGathered: nobody gathers signature yet: where the rule signed needs it, it answers Deny',
    ]);
  });

  it('only notes a rule that lets pass what nobody can tell it', () => {
    const found = lint(
      policy('  rules:\n  - id: signed\n    signature: {providers: [cosign], unknown: Warn}\n'),
    );
    assert.deepEqual(found, [
      '0.yaml:6:9 note FactNotGathered: nobody gathers signature yet: where the rule signed needs it, it answers Warn',
    ]);
  });

  it('counts what it has looked at', () => {
    const { policies, exceptions, rules } = lintPolicies(
      [
        {
          file: 'a',
          text: `${policy(SOURCES)}---\n${exception('match: {names: [a]}, expires: 2030-01-01')}`,
        },
      ],
      NOW,
    );
    assert.deepEqual([policies, exceptions, rules], [1, 1, 1]);
  });

  it('never throws, whatever stands in a document of ours', () => {
    const kind = fc.constantFrom('Policy', 'Exception', 'PolicyTest', 'Other');
    fc.assert(
      fc.property(kind, fc.jsonValue({ maxDepth: 5 }), (of, spec) => {
        const text = JSON.stringify({
          apiVersion: 'helmgate.dev/v1alpha1',
          kind: of,
          metadata: { name: 'p' },
          spec,
        });
        lintPolicies([{ file: 'a', text }], NOW);
      }),
    );
  });
});
