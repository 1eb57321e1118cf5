import { MAX_EXPRESSION_LENGTH } from '../../cel/limits.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import {
  compileExpressionEntry,
  type ExpressionEntry,
  metadataReads,
  type WrittenExpression,
} from '../expression-entry.ts';
import { judgeExpressions } from '../judge-expression.ts';
import { JUDGED_KINDS, type RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { SOURCE_KINDS } from '../source-fact.ts';
import { sourceOf } from '../source-of.ts';
import { editOf } from '../subject.ts';
import { UNKNOWN_SCHEMA, UNKNOWN_TEXT } from '../unknown-fact.ts';

/** All that can be said in 200 characters, which is what the API server shows of it. */
const SHORT_TEXT = { type: 'string', minLength: 1, maxLength: 200 };

const ENTRY: JsonObject = {
  type: 'object',
  required: ['expression'],
  additionalProperties: false,
  properties: {
    expression: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_EXPRESSION_LENGTH,
      description: 'CEL; what it is false for is refused.',
    },
    message: { ...SHORT_TEXT, description: 'What to tell the user.' },
    messageExpression: {
      type: 'string',
      minLength: 1,
      maxLength: MAX_EXPRESSION_LENGTH,
      description: 'CEL that gives the message.',
    },
    path: {
      type: 'string',
      minLength: 1,
      maxLength: 1000,
      description: 'The field that a finding points to.',
    },
    wouldPass: { ...SHORT_TEXT, description: 'What would be admitted.' },
    unknown: UNKNOWN_SCHEMA,
    when: { enum: ['admission', 'release', 'both'], description: 'When it is judged.' },
  },
};

/** Rule `expression`; what it is for and what it says stands in its definition. */
export const expression: RuleDefinition = {
  field: 'expression',
  summary: 'what no other rule says, in CEL',
  why: `The other rules say why they refuse, propose what would pass, and judge what the controller will do rather than what is written. What
they cannot express is written in the Common Expression Language, as in Kubernetes' own admission policies, whose variables have the same
names and shapes here. The language, its functions and its limits stand in [cel.md](cel.md).`,
  when: ['admission', 'release'],
  aboutEdits: 'expressions that read `oldObject`',
  reads: [
    'the variables that the expression names',
    'of metadata exactly the paths that the expression names',
  ],
  verdicts: `What the expression is false for is found. Syntax, names and types are checked when the policies are loaded; so are patterns,
constraints, URLs and durations that are written in the expression. An expression that fails when it is evaluated (a key that is not there, text where a
number is needed, more steps than it may take) refuses the object as \`PolicyError\`, whatever the enforcement. Where the outcome depends on a
fact that is not known, \`unknown\` says what follows; when it is absent the object is refused, but for a source that does not exist yet,
which is a warning at admission if the expression is judged again at release time.

It is judged at admission and at release time; one that reads \`chart\` or \`values\` at release time only, one that reads
\`request.userInfo\` at admission only.`,
  reasons: {
    ExpressionFalse: 'the expression is false',
    FactUnknown: 'the outcome depends on a fact that is not known',
    PolicyError: 'the expression could not be evaluated',
  },
  options: [
    { path: '', text: 'one of the following, or a list of them, which all must hold' },
    { path: '[].expression', text: 'CEL that gives true or false' },
    { path: '[].message', text: 'what to tell the user; the expression itself when absent' },
    { path: '[].messageExpression', text: 'CEL that gives the message; `message` where it fails' },
    {
      path: '[].path',
      text: 'the field that a finding points to, dotted or as a JSON pointer; what the expression reads when absent',
    },
    { path: '[].wouldPass', text: 'what would be admitted, in one line' },
    { path: '[].unknown', text: UNKNOWN_TEXT },
    { path: '[].when', text: '`admission`, `release` or `both`' },
  ],
  example: `
- id: one-minute
  expression:
  - expression: duration(effective.spec.interval) >= duration('1m')
    message: an interval below a minute keeps the source controller busy for nothing
    wouldPass: 1m or more
  - expression: '!(object.spec.?suspend.orValue(false)) || "ticket" in object.metadata.?annotations.orValue({})'
    messageExpression: "'suspending ' + release.name + ' needs the annotation ticket'"
    path: spec.suspend
`,
  schema: {
    description: 'Conditions in CEL.',
    if: { type: 'array' },
    // oxlint-disable-next-line unicorn/no-thenable -- the word of JSON Schema
    then: { type: 'array', minItems: 1, maxItems: 100, items: ENTRY },
    else: ENTRY,
  },
  compile(written: Json, at, context) {
    const list = Array.isArray(written);
    const entries = (list ? written : [written]) as unknown as readonly WrittenExpression[];
    const compiled = entries.map((entry, index) =>
      compileExpressionEntry(entry, list ? [...at, String(index)] : at, context),
    );
    const readable = compiled.filter((entry) => entry !== undefined);
    return readable.length === compiled.length ? expressionRule(readable) : undefined;
  },
};

/** The strictest verdict first. */
const VERDICTS = ['Deny', 'Warn', 'Allow'] as const;

/** Makes the rule of its entries. */
export function expressionRule(entries: readonly ExpressionEntry[]): RuleBody {
  const reads = entries.flatMap(({ test, messageExpression }) => [
    ...test.reads,
    ...(messageExpression?.reads ?? []),
  ]);
  const facts = entries.filter(({ test }) => test.reads.some(({ variable }) => FACTS.has(variable)));
  const unknown = VERDICTS.find((verdict) => facts.some((entry) => (entry.unknown ?? 'Deny') === verdict));
  const followsSource = reads.some(({ variable }) => variable === 'source');
  return {
    kinds: JUDGED_KINDS,
    // Flux itself is bootstrapped from these.
    kindsOnRequest: ['GitRepository', 'Bucket', 'ExternalArtifact'],
    // An expression judges what stands in the spec in the end, so a default may well fill in what it reads there.
    reads: metadataReads(entries.flatMap(({ test }) => test.reads)),
    writes: [],
    judge: (input) => {
      const edit = input.phase === 'admission' && editOf(input.subject) !== undefined;
      return judgeExpressions(entries, input, ({ aboutEdit }) => !(edit && aboutEdit));
    },
    ...(entries.some(({ aboutEdit }) => aboutEdit)
      ? { judgeEdit: (input) => judgeExpressions(entries, input, ({ aboutEdit }) => aboutEdit) }
      : {}),
    ...(followsSource
      ? {
          sources(subject) {
            const source = sourceOf(subject.kind, subject.object, subject.namespace);
            return source !== undefined && SOURCE_KINDS.has(source.kind) ? [source] : [];
          },
        }
      : {}),
    ...(unknown === undefined ? {} : { unknown }),
  };
}

/** Variables whose value, or a part of it, may be unknown. */
const FACTS: ReadonlySet<string> = new Set(['source', 'chart', 'values', 'namespaceObject', 'namespaces']);
