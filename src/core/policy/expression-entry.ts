/** One entry of the rule `expression`, from what is written to what can be judged. */
import type { CompiledExpression } from '../cel/compile-expression.ts';
import type { Read } from '../cel/reads.ts';
import { formatPath, parsePath } from '../json/path.ts';
import type { Phase } from './decision.ts';
import { EXPRESSION_LANGUAGE } from './expression-variables.ts';
import { KINDS_WITH_FIELDS } from './judged-fields.ts';
import type { RuleContext } from './rule-definition.ts';
import type { UnknownVerdict } from './unknown-fact.ts';
import { unknownField } from './unknown-field.ts';

/** An entry as it is written; it fits the rule's schema. */
export interface WrittenExpression {
  readonly expression: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly path?: string;
  readonly wouldPass?: string;
  readonly unknown?: UnknownVerdict;
  readonly when?: 'admission' | 'release' | 'both';
}

export interface ExpressionEntry {
  readonly test: CompiledExpression;
  readonly message?: string;
  readonly messageExpression?: CompiledExpression;
  readonly phases: ReadonlySet<Phase>;
  /** It compares with the stored object, so that on an update it is about the edit. */
  readonly aboutEdit: boolean;
  /** The field that findings point to, and whether the value found is that of the effective object. */
  readonly tokens: readonly string[];
  readonly wouldPass?: string;
  /** Absent when nothing is written: Deny, but for a source that may be on its way. */
  readonly unknown?: UnknownVerdict;
}

/** Variables that are known at release time only. */
const RELEASE_ONLY: readonly string[] = ['chart', 'values'];

/** Compiles an entry; undefined after an error was reported. */
export function compileExpressionEntry(
  written: WrittenExpression,
  at: readonly string[],
  context: RuleContext,
): ExpressionEntry | undefined {
  const test = compileAt(written.expression, 'bool', [...at, 'expression'], context);
  const { messageExpression: messageText } = written;
  const message =
    messageText === undefined
      ? undefined
      : compileAt(messageText, 'string', [...at, 'messageExpression'], context);
  const tokens = written.path === undefined ? undefined : parsePath(written.path);
  if (written.path !== undefined && tokens === undefined) {
    context.error(
      [...at, 'path'],
      `${JSON.stringify(written.path)} is neither a dotted path nor a JSON pointer`,
    );
    return undefined;
  }
  if (test === undefined || (messageText !== undefined && message === undefined)) return undefined;
  const phases = phasesOf(written, test.reads, at, context);
  if (phases === undefined) return undefined;
  return {
    test,
    phases,
    aboutEdit: test.reads.some(({ variable }) => variable === 'oldObject'),
    tokens: tokens ?? judgedPath(test.reads),
    ...(written.message === undefined ? {} : { message: written.message }),
    ...(message === undefined ? {} : { messageExpression: message }),
    ...(written.wouldPass === undefined ? {} : { wouldPass: written.wouldPass }),
    ...(written.unknown === undefined ? {} : { unknown: written.unknown }),
  };
}

function compileAt(
  text: string,
  gives: 'bool' | 'string',
  at: readonly string[],
  context: RuleContext,
): CompiledExpression | undefined {
  const result = EXPRESSION_LANGUAGE.compile(text, gives);
  if (result.ok) {
    warnOfUnknownFields(result.expression, at, context);
    return result.expression;
  }
  for (const { message, hint, offset } of result.problems) context.error(at, message, hint, offset);
  return undefined;
}

/** Variables that hold an object of a judged kind. */
const OBJECTS: readonly string[] = ['object', 'oldObject', 'effective'];

/** A field that no object has is never there, so that `has()` and `.?` silently say something else. */
function warnOfUnknownFields(
  { fieldReads }: CompiledExpression,
  at: readonly string[],
  { kinds, warn }: RuleContext,
): void {
  const problems = fieldReads
    .filter(({ variable }) => OBJECTS.includes(variable))
    .map(({ path }) => unknownField(path, [...(kinds ?? KINDS_WITH_FIELDS)]));
  for (const problem of new Set(problems)) if (problem !== undefined) warn(at, problem);
}

/**
 * When an entry is judged. What reads the chart or the merged values can only be judged at release time, and who asks is known at
 * admission only.
 */
function phasesOf(
  { when, unknown }: WrittenExpression,
  reads: readonly Read[],
  at: readonly string[],
  context: RuleContext,
): ReadonlySet<Phase> | undefined {
  const late = reads.find(({ variable }) => RELEASE_ONLY.includes(variable))?.variable;
  const asker = reads.some(({ variable, path: [field] }) => variable === 'request' && field === 'userInfo');
  if (late !== undefined && asker && when === undefined) {
    const hint = 'write when, and ask for userInfo with has()';
    context.error(
      [...at, 'expression'],
      `${late} is known at release time only, and request.userInfo at admission only`,
      hint,
    );
    return undefined;
  }
  if (when === undefined) {
    if (late !== undefined) {
      const message = `this is judged at release time only, since it reads ${late}; write when: release to say so`;
      context.warn([...at, 'expression'], message);
    }
    if (late !== undefined) return new Set(['release']);
    return new Set(asker ? ['admission'] : ['admission', 'release']);
  }
  if (late !== undefined && when !== 'release' && unknown === undefined) {
    const hint = 'write when: release, or unknown: Allow';
    context.error(
      [...at, 'when'],
      `${late} is not known at admission, so this would deny everything there`,
      hint,
    );
    return undefined;
  }
  return new Set(when === 'both' ? ['admission', 'release'] : [when]);
}

/** The field that an expression is about, as far as it reads one only; else what its reads have in common, at least spec. */
function judgedPath(reads: readonly Read[]): readonly string[] {
  const paths = reads
    .filter(({ variable }) => variable === 'object' || variable === 'effective')
    .map(({ path }) => path);
  const [first, ...rest] = paths;
  if (first === undefined) return ['spec'];
  const shared = rest.reduce((path, other) => {
    const end = path.findIndex((token, index) => token !== other[index]);
    return end === -1 ? path : path.slice(0, end);
  }, first);
  return shared.length === 0 ? ['spec'] : shared;
}

/** Paths of metadata that expressions read: an update that changes one of them is judged. */
export function metadataReads(reads: readonly Read[]): readonly (readonly string[])[] {
  const paths = reads
    .filter(({ variable }) => variable === 'object' || variable === 'oldObject' || variable === 'effective')
    .map(({ path }) => (path.length === 0 ? ['metadata'] : path))
    .filter(([root]) => root === 'metadata');
  return [...new Map(paths.map((path) => [formatPath(path), path])).values()];
}
