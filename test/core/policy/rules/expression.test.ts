import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { classifyUpdate } from '../../../../src/core/admission/skip.ts';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { compilePolicySet } from '../../../../src/core/policy/compile.ts';
import type { Phase } from '../../../../src/core/policy/decision.ts';
import { evaluate } from '../../../../src/core/policy/evaluate.ts';
import { EXPRESSION_VARIABLES } from '../../../../src/core/policy/expression-variables.ts';
import { type Facts, sourceKey } from '../../../../src/core/policy/facts.ts';
import { formatLocatedError } from '../../../../src/core/policy/located-error.ts';
import type { RuleBody } from '../../../../src/core/policy/rule.ts';
import { expression } from '../../../../src/core/policy/rules/expression.ts';
import { wellTyped } from '../../cel/well-typed.ts';
import {
  chart,
  factsWith,
  helmRelease,
  helmRepository,
  policySet,
  subjectOf,
  UNKNOWN,
} from '../policy-fixture.ts';
import { compileRule, judge, said } from './rule-under-test.ts';

const RELEASED: Partial<Facts> = {
  chart: { known: true, value: { name: 'flagger', version: '1.30.0', deprecated: true } },
  values: { known: true, value: { replicas: 3, image: { tag: 'latest' } } },
};

/** The rule of a configuration that fits the schema. */
function tryRule(written: Json): RuleBody | undefined {
  return expression.compile(written, [], {
    placeOf: () => ({ file: 'p.yaml', line: 1, column: 1 }),
    error: () => undefined,
    warn: () => undefined,
  });
}

function ruleOf(written: Json): RuleBody {
  const body = tryRule(written);
  assert.ok(body, JSON.stringify(written));
  return body;
}

/** `reason path: message` of what an expression says about an object. */
function findings(
  written: Json,
  object: JsonObject = helmRelease(),
  more: { readonly phase?: Phase; readonly facts?: Facts; readonly old?: JsonObject } = {},
): readonly string[] {
  const { phase = 'admission', facts = factsWith(), old } = more;
  const input = { phase, facts, subject: subjectOf(object, old) };
  return judge(ruleOf(written), object, input).findings.map(
    ({ reason, path, message }) => `${reason} ${path}: ${message}`,
  );
}

describe('a rule of one expression', () => {
  it('finds what it is false for, at the field that it reads, with the value found', () => {
    const rule = ruleOf({
      expression: 'object.spec.interval != "5m"',
      message: 'five minutes are odd',
      wouldPass: '10m',
    });
    assert.deepEqual(judge(rule, helmRelease()).findings, [
      {
        reason: 'ExpressionFalse',
        path: 'spec.interval',
        found: '5m',
        basis: [0, ['object', 'spec', 'interval', '5m']],
        message: 'five minutes are odd',
        wouldPass: '10m',
      },
    ]);
    assert.deepEqual(judge(rule, helmRelease({ interval: '10m' })), { findings: [], warnings: [] });
  });

  it('points to what its reads have in common, or where it is told to', () => {
    const pathOf = (written: JsonObject): string | undefined =>
      findings(written)[0]?.replace(/^ExpressionFalse (\S+):.*$/s, '$1');
    assert.equal(
      pathOf({ expression: 'size(object.spec.chart.spec.version) > 99' }),
      'spec.chart.spec.version',
    );
    assert.equal(
      pathOf({ expression: 'object.spec.chart.spec.version == object.spec.chart.spec.chart' }),
      'spec.chart.spec',
    );
    assert.equal(pathOf({ expression: 'object.metadata.name == object.spec.interval' }), 'spec');
    assert.equal(pathOf({ expression: 'effective.spec.timeout == "1h"' }), 'spec.timeout');
    assert.equal(pathOf({ expression: 'request.operation == "UPDATE"' }), 'spec');
    assert.equal(pathOf({ expression: 'object == null' }), 'spec');
    assert.equal(pathOf({ expression: 'false', path: '/metadata/labels/a.b' }), 'metadata.labels["a.b"]');
  });

  it('shows no value that may be a secret', () => {
    const object = helmRelease({ values: { password: 'hunter2' }, suspend: false });
    const { findings } = judge(ruleOf({ expression: 'object.spec.values.password == ""' }), object);
    assert.equal(findings[0]?.found, undefined);
    const effective = judge(ruleOf({ expression: 'effective.spec.timeout == "1h"' }), object);
    assert.equal(effective.findings[0]?.found, '5m0s');
  });

  it('tells the message that an expression gives, or the other one where that fails', () => {
    const message = (messageExpression: string, text?: string): string | undefined =>
      findings({
        expression: 'false',
        messageExpression,
        ...(text === undefined ? {} : { message: text }),
      })[0];
    assert.equal(message("'no ' + object.metadata.name"), 'ExpressionFalse spec: no flagger');
    assert.equal(message('object.spec.none', 'as written'), 'ExpressionFalse spec: as written');
    assert.equal(message('object.spec.none'), 'ExpressionFalse spec: the expression is false: false');
    assert.equal(message('"  "', 'as written'), 'ExpressionFalse spec: as written');
    assert.equal(
      message('object.spec.interval.split("").map(x, "a\\n\\u202e").join()'),
      'ExpressionFalse spec: a  a  ',
    );
    assert.equal(findings({ expression: 'false', message: 'x'.repeat(200) })[0]?.length, 222);
    assert.equal(
      findings({ expression: `false || "${'y'.repeat(300)}" == ""` })[0]?.length,
      'ExpressionFalse spec: '.length + 200,
    );
  });

  it('judges the object after the mutations, and the old one beside it', () => {
    const set = policySet([
      { id: 'd', defaults: { HelmRelease: { 'spec.timeout': '7m' } } },
      {
        id: 'e',
        expression: {
          expression:
            'object.spec.timeout == "7m" && (oldObject == null || oldObject.spec.interval == object.spec.interval)',
        },
      },
    ]);
    const created = evaluate(set, subjectOf(helmRelease()), factsWith(), 'admission');
    assert.deepEqual([created.allowed, created.findings], [true, []]);
    const moved = subjectOf(helmRelease({ interval: '6m' }), helmRelease());
    assert.equal(evaluate(set, moved, factsWith(), 'admission').allowed, false);
  });

  it('judges every entry of a list, and fails when one fails', () => {
    const list = [
      'object.spec.interval == "1m"',
      'object.spec.interval == "5m"',
      'object.spec.timeout == "5m"',
    ];
    const entries = list.map((text) => ({ expression: text }));
    assert.equal(findings(entries.slice(0, 2)).length, 1);
    assert.throws(() => findings(entries), {
      message:
        'expression 3 cannot be evaluated: object.spec has no key "timeout" (ask for it with has() or .?)',
    });
    assert.throws(() => findings([...entries, { expression: 'object.spec.interval' }]), /\(and 1 more\)$/);
  });
});

describe('an expression that cannot be evaluated', () => {
  const denied = (written: string, enforcement: string, object: JsonObject = helmRelease()): string => {
    const set = policySet([{ id: 'e', enforcement, expression: { expression: written } }]);
    const decision = evaluate(set, subjectOf(object), factsWith(), 'admission');
    assert.equal(decision.allowed, false, written);
    assert.deepEqual(decision.ruleResults, [{ policy: 'p', rule: 'e', result: 'error' }]);
    const [finding] = decision.findings;
    assert.equal(finding?.reason, 'PolicyError');
    assert.equal(finding?.enforcement, 'Deny');
    return finding?.message.replace(/sha256:[0-9a-f]+/, 'X') ?? '';
  };

  it('denies with the key that is missing, also under Warn and Audit', () => {
    for (const enforcement of ['Deny', 'Warn', 'Audit']) {
      assert.equal(
        denied('object.metadata.labels.team == "a"', enforcement),
        'the rule failed in policy set X: the expression cannot be evaluated: object.metadata has no key "labels" (ask for it with has() or .?)',
      );
    }
  });

  it('denies when it gives something else than true or false', () => {
    assert.equal(
      denied('object.spec.interval', 'Warn'),
      'the rule failed in policy set X: the expression gives string, not true or false',
    );
  });

  it('denies when it takes too many steps, even where something absorbs errors', () => {
    const values = { list: Array.from({ length: 3_000 }, (_, index) => index) };
    const loop = 'object.spec.values.list.all(a, object.spec.values.list.all(b, true)) || true';
    assert.equal(
      denied(loop, 'Audit', helmRelease({ values })),
      'the rule failed in policy set X: the expression cannot be evaluated: it needs more than 500000 steps',
    );
  });

  it('leaves the other rules their say', () => {
    const set = policySet([
      { id: 'bad', expression: { expression: 'object.spec.none == 1' } },
      { id: 'good', expression: { expression: 'object.spec.interval == "1m"' } },
    ]);
    const { findings } = evaluate(set, subjectOf(helmRelease()), factsWith(), 'admission');
    assert.deepEqual(findings.map(({ rule, reason }) => `${rule} ${reason}`).toSorted(), [
      'bad PolicyError',
      'good ExpressionFalse',
    ]);
  });
});

describe('the variables', () => {
  const object = helmRelease({ targetNamespace: 'prod', values: { replicas: 2 } }, { labels: { team: 'a' } });
  const facts = factsWith(
    {
      known: true,
      value: {
        kind: 'HelmRepository',
        namespace: 'team',
        name: 'flagger',
        url: 'https://flagger.app',
        spec: { url: 'https://flagger.app', passCredentials: true },
      },
    },
    {
      ...RELEASED,
      namespaceLabels: { known: true, value: { tier: 'dev' } },
      otherNamespaceLabels: new Map([['prod', { known: true, value: { tier: 'prod' } }]]),
    },
  );
  const user = { username: 'alice', uid: 'u-1', groups: ['dev', 'ops'] };
  const holds = (text: string, judged = object, more: { phase?: Phase; facts?: Facts } = {}): boolean => {
    const rule = ruleOf({ expression: text, when: 'both', unknown: 'Deny' });
    const input = {
      phase: 'admission',
      facts,
      subject: subjectOf(judged, undefined, { user }),
      ...more,
    } as const;
    const result = judge(rule, judged, input);
    return result.findings.length === 0 && result.warnings.length === 0;
  };

  const TRUE: readonly string[] = [
    'object.spec.values.replicas + 1 == 3 && object.metadata.labels.team == "a"',
    'oldObject == null',
    'effective.spec.timeout == "5m0s" && effective.spec.upgrade.remediation.retries == 0',
    'request.operation == "CREATE" && !request.dryRun && request.namespace == "team" && request.name == "flagger"',
    'request.kind.kind == "HelmRelease" && request.kind.version == "v2" && request.kind.group == "helm.toolkit.fluxcd.io"',
    'request.userInfo.username == "alice" && "ops" in request.userInfo.groups && request.userInfo.uid == "u-1"',
    'namespaceObject.metadata.name == "team" && namespaceObject.metadata.labels.tier == "dev"',
    'namespaces.map(n, n.name) == ["team", "prod"] && namespaces.exists(n, n.labels.tier == "prod")',
    'source.url == "https://flagger.app" && source.spec.passCredentials && source.kind == "HelmRepository"',
    'chart.name == "flagger" && semver.matches(">=1.28.0", chart.version) && chart.deprecated && !has(chart.appVersion)',
    'release.name == "prod-flagger" && release.namespace == "prod" && release.storageNamespace == "team"',
    'values.replicas == 3 && values.image.tag != "stable"',
    'now == timestamp("2026-06-01T00:00:00Z")',
  ];
  for (const text of TRUE) {
    it(`have the values that they promise: ${text}`, () => {
      assert.equal(holds(text), true);
    });
  }

  it('are all in that table', () => {
    for (const { name } of EXPRESSION_VARIABLES)
      assert.ok(
        TRUE.some((text) => text.includes(name)),
        name,
      );
  });

  it('are null for objects that have no such thing', () => {
    const repository = helmRepository('https://flagger.app');
    assert.equal(holds('source == null && release == null && namespaces.size() == 1', repository), true);
  });

  it('say nothing of a release name that is not generated yet', () => {
    const generated = { ...helmRelease(), metadata: { generateName: 'x-', namespace: 'team' } };
    assert.equal(holds('!has(release.name) && release.namespace == "team"', generated), true);
    const named = { ...generated, spec: { ...(helmRelease()['spec'] as JsonObject), releaseName: 'fixed' } };
    assert.equal(holds('release.name == "fixed"', named), true);
  });

  it('say nothing of the user at release time', () => {
    const rule = ruleOf({ expression: '!has(request.userInfo)', when: 'both' });
    assert.deepEqual(judge(rule, object, { phase: 'release' }).findings, []);
  });
});

describe('when an expression is judged', () => {
  const phases = (written: JsonObject): readonly Phase[] => {
    const rule = ruleOf({ ...written, unknown: 'Deny' });
    return (['admission', 'release', 'request'] as const).filter(
      (phase) =>
        judge(rule, helmRelease(), { phase, facts: factsWith(undefined, RELEASED) }).findings.length > 0,
    );
  };

  it('is told from what it reads', () => {
    assert.deepEqual(phases({ expression: 'object.spec.interval == ""' }), ['admission', 'release']);
    assert.deepEqual(phases({ expression: 'chart.version == ""' }), ['release']);
    assert.deepEqual(phases({ expression: 'values.replicas == 0' }), ['release']);
    assert.deepEqual(phases({ expression: 'object.spec.interval == "" || has(request.userInfo)' }), [
      'admission',
    ]);
  });

  it('is what is written, where that can work', () => {
    assert.deepEqual(phases({ expression: 'object.spec.interval == ""', when: 'admission' }), ['admission']);
    assert.deepEqual(phases({ expression: 'object.spec.interval == ""', when: 'release' }), ['release']);
    assert.deepEqual(phases({ expression: 'has(request.userInfo)', when: 'both' }), ['admission', 'release']);
  });

  it('is said when the policies are loaded', () => {
    const { warnings } = compileRule(expression, { expression: 'chart.version == "1"' });
    assert.deepEqual(warnings, [
      'expression: this is judged at release time only, since it reads chart; write when: release to say so',
    ]);
    assert.deepEqual(
      compileRule(expression, { expression: 'chart.version == "1"', when: 'release' }).warnings,
      [],
    );
  });

  it('is refused where it would deny everything, or never be judged', () => {
    const errors = (written: JsonObject): readonly string[] => compileRule(expression, written).errors;
    for (const when of ['admission', 'both']) {
      assert.deepEqual(errors({ expression: 'values.a == 1', when }), [
        'when: values is not known at admission, so this would deny everything there (write when: release, or unknown: Allow)',
      ]);
      assert.deepEqual(errors({ expression: 'values.a == 1', when, unknown: 'Allow' }), []);
    }
    assert.deepEqual(errors({ expression: 'chart.name == request.userInfo.username' }), [
      'expression: chart is known at release time only, and request.userInfo at admission only (write when, and ask for userInfo with has())',
    ]);
  });
});

describe('a fact that is not known', () => {
  const source = 'source.url == "https://flagger.app"';
  const unknown = (why: 'NotFound' | 'Forbidden'): Facts => factsWith({ known: false, why });

  it('denies unless the policy says otherwise', () => {
    assert.deepEqual(findings({ expression: source }, undefined, { facts: unknown('Forbidden') }), [
      'FactUnknown spec.chart.spec.sourceRef: the source HelmRepository team/flagger is not known: reading it is forbidden',
    ]);
    assert.deepEqual(
      findings({ expression: source, unknown: 'Allow' }, undefined, { facts: unknown('Forbidden') }),
      [],
    );
    const warned = judge(ruleOf({ expression: source, unknown: 'Warn' }), helmRelease(), {
      facts: unknown('Forbidden'),
    });
    assert.deepEqual(warned, {
      findings: [],
      warnings: ['the source HelmRepository team/flagger is not known: reading it is forbidden'],
    });
  });

  it('is a warning at admission where a source may be on its way and is judged again', () => {
    const facts = unknown('NotFound');
    const input = { facts, phase: 'admission' } as const;
    assert.deepEqual(judge(ruleOf({ expression: source }), helmRelease(), input), {
      findings: [],
      warnings: [
        'the source HelmRepository team/flagger does not exist yet: it is judged when the release runs',
      ],
    });
    assert.equal(findings({ expression: source }, undefined, { facts, phase: 'release' }).length, 1);
    assert.equal(findings({ expression: source, when: 'admission' }, undefined, { facts }).length, 1);
    assert.equal(findings({ expression: source, unknown: 'Deny' }, undefined, { facts }).length, 1);
  });

  it('does not matter where the rest decides', () => {
    const facts = factsWith(UNKNOWN, { namespaceLabels: UNKNOWN });
    assert.deepEqual(
      findings({ expression: `object.spec.interval == "5m" || ${source}` }, undefined, { facts }),
      [],
    );
    assert.deepEqual(
      findings({ expression: 'namespaces.all(n, n.name != "prod")' }, undefined, { facts }),
      [],
    );
    assert.deepEqual(
      findings({ expression: 'namespaceObject.metadata.labels.tier == "dev"' }, undefined, { facts }),
      ['FactUnknown metadata.namespace: the set of labels of namespace team is not known: it was not found'],
    );
  });

  it('is asked for only when an expression reads it', () => {
    const needs = (text: string, object: JsonObject) =>
      ruleOf({ expression: text }).sources?.(subjectOf(object));
    assert.deepEqual(
      needs(source, helmRelease())?.map(({ kind, namespace, name }) => sourceKey(kind, namespace, name)),
      ['HelmRepository/team/flagger'],
    );
    assert.deepEqual(needs(source, helmRepository('https://flagger.app')), []);
    assert.deepEqual(needs(source, helmRelease({ chart: chart('1', { kind: 'Other' }) })), []);
    assert.equal(needs('object.spec.interval == "5m"', helmRelease()), undefined);
    const message = { expression: 'false', messageExpression: 'source.url' };
    assert.equal(ruleOf(message).sources?.(subjectOf(helmRelease())).length, 1);
  });

  it('has its verdict shown, the strictest of the entries', () => {
    const shown = (...entries: readonly JsonObject[]) => ruleOf(entries).unknown;
    assert.equal(shown({ expression: 'object.spec.interval == ""' }), undefined);
    assert.equal(shown({ expression: source }), 'Deny');
    assert.equal(shown({ expression: source, unknown: 'Allow' }), 'Allow');
    assert.equal(
      shown({ expression: source, unknown: 'Allow' }, { expression: source, unknown: 'Warn' }),
      'Warn',
    );
  });
});

describe('an update that changes metadata only', () => {
  const reads = (text: string): readonly (readonly string[])[] => ruleOf({ expression: text }).reads;

  it('is judged when it changes what an expression reads, and only then', () => {
    assert.deepEqual(reads('object.metadata.annotations["a/b"] == "x" && object.spec.interval == ""'), [
      ['metadata', 'annotations', 'a/b'],
    ]);
    assert.deepEqual(reads('oldObject.metadata.generation < object.metadata.generation'), [
      ['metadata', 'generation'],
    ]);
    assert.deepEqual(reads('oldObject.metadata.uid == effective.metadata.name'), [
      ['metadata', 'uid'],
      ['metadata', 'name'],
    ]);
    assert.deepEqual(reads('object == oldObject'), [['metadata']]);
    assert.deepEqual(reads('object["meta" + "data"].x == 1'), [['metadata']]);
    assert.deepEqual(reads('[object].all(x, x.metadata.name == "")'), [['metadata']]);
    assert.deepEqual(reads('release.name == "x"'), []);
  });

  it('is not skipped then', () => {
    const old = helmRelease({}, { annotations: { ticket: '1', other: '1' } });
    const classify = (annotations: JsonObject, text: string) =>
      classifyUpdate(subjectOf(helmRelease({}, { annotations }), old), reads(text));
    const text = 'object.metadata.?annotations["ticket"].orValue("") != ""';
    assert.equal(classify({ other: '1' }, text), 'Changed');
    assert.equal(classify({ ticket: '1', other: '2' }, text), 'Irrelevant');
  });
});

describe('an error in a policy file', () => {
  it('has its caret under the character of the expression that is wrong', () => {
    const text = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - id: a
    expression:
      expression: |
        object.spec.suspend ||
          requst.operation == 'CREATE'
`;
    const result = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.deepEqual(result.ok ? [] : result.errors.map(formatLocatedError), [
      `p.yaml:10:11: there is no variable requst (did you mean "request"?)
  10 |           requst.operation == 'CREATE'
     |           ^`,
    ]);
  });

  const operations: readonly (readonly [text: string, errors: readonly string[]])[] = [
    ["request.operation != 'DELETE'", ['"DELETE"']],
    ["'DELETE' == request.operation || request.operation == 'CONNECT'", ['"DELETE"', '"CONNECT"']],
    ["!(request.operation in ['CREATE', 'DELETE'])", ['"DELETE"']],
    ["request['operation'] == 'delete'", ['"delete"']],
    ["request.operation == 'UPDATE' || request.operation in ['CREATE']", []],
    ["object.metadata.name != 'DELETE' && request.namespace != 'DELETE'", []],
    ['request.operation.size() == 6 || request.operation == object.kind', []],
  ];
  for (const [text, values] of operations) {
    it(`${values.length === 0 ? 'may say' : 'may not name an operation that is never judged:'} ${text}`, () => {
      assert.deepEqual(
        compileRule(expression, { expression: text }).errors,
        values.map(
          (value) =>
            `expression: request.operation is never ${value}, only CREATE or UPDATE (deletions and connections are not judged)`,
        ),
      );
    });
  }

  it('points to the operation that is never judged', () => {
    const text = `
apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: p}
spec:
  rules:
  - id: e
    expression: {expression: "request.operation != 'DELETE'"}
`;
    const result = compilePolicySet([{ path: 'p.yaml', text }]);
    assert.match(
      result.ok ? '' : result.errors.map(formatLocatedError).join(),
      /^p\.yaml:8:\d+: request\.operation is never/,
    );
  });

  it('is told of the fields of an entry', () => {
    const errors = (written: Json): readonly string[] => compileRule(expression, written).errors;
    assert.deepEqual(errors({ expression: 'true', path: 'a..b' }), [
      'path: "a..b" is neither a dotted path nor a JSON pointer',
    ]);
    assert.deepEqual(errors([{ expression: 'true' }, { expression: 'tru' }]), [
      '1 expression: there is no variable tru (known are object, oldObject, effective, request, namespaceObject, namespaces, source, chart, release, values, now)',
    ]);
    for (const wrong of [
      [],
      {},
      'true',
      { expression: '' },
      { expression: 'true', reason: 'X' },
      { expression: 1 },
    ])
      assert.ok(errors(wrong as Json).length > 0, JSON.stringify(wrong));
  });
});

describe('any expression over any object', () => {
  it('passes, is found, or denies as an error, and never does anything else', () => {
    const fields = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
    const anyObject = fc.record({ spec: fields, metadata: fields });
    fc.assert(
      fc.property(wellTyped(2).bool, anyObject, (text, parts) => {
        const body = tryRule({ expression: text });
        fc.pre(body !== undefined);
        const object = { ...helmRelease(), ...parts } as unknown as JsonObject;
        try {
          const { findings } = judge(body, object, { subject: subjectOf(helmRelease()) });
          assert.ok(findings.every(({ message }) => message.length <= 200));
        } catch (error) {
          assert.match(
            error instanceof Error ? error.message : '',
            /^the expression (cannot be evaluated: |gives )/,
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the examples of other engines', () => {
  it('work as they stand: what Kubernetes documents for ValidatingAdmissionPolicy', () => {
    const rows: readonly (readonly [string, boolean])[] = [
      ["object.metadata.namespace.startsWith('te')", true],
      ["!(has(object.metadata.labels) && object.metadata.labels.env == 'prod')", true],
      ["has(object.spec.chart) && object.spec.interval.matches('^[0-9]+m$')", true],
      [
        "request.userInfo.username.startsWith('system:') || request.userInfo.groups.exists(g, g == 'dev')",
        true,
      ],
      ['oldObject == null || object.spec.releaseName == oldObject.spec.releaseName', true],
      ['object.spec.?suspend.orValue(false) == false', true],
      ['object.metadata.name.endsWith(request.userInfo.username)', false],
    ];
    const user = { username: 'alice', groups: ['dev'] };
    for (const [text, expected] of rows) {
      const { findings } = judge(ruleOf({ expression: text }), helmRelease(), {
        subject: subjectOf(helmRelease(), undefined, { user }),
      });
      assert.equal(said(findings).length === 0, expected, text);
    }
  });
});
