import {
  Composer,
  type CST,
  type Document,
  type ParseOptions,
  Parser,
  type ScalarTag,
  type SchemaOptions,
} from 'yaml';
import { resolveGoYamlScalar } from '../json/go-yaml-resolve.ts';

/** What is wrong with a text; offsets count UTF-16 units from 0. */
export interface YamlProblem {
  readonly offset: number;
  readonly message: string;
}

interface ParsedYaml {
  /** Empty when reading was given up. */
  readonly documents: readonly Document.Parsed[];
  readonly problems: readonly YamlProblem[];
}

/** Thrown and caught in this file only. */
class GivenUpError extends Error {}

/**
 * How plain scalars are read: as YAML 1.2 says, or as go-yaml does, which kubectl and Flux read manifests with (there `yes` is true and
 * `010` is 8).
 */
export type ScalarReading = 'yaml-1.2' | 'go-yaml';

/** Takes every plain scalar, before the tags of the schema are asked. */
const GO_YAML_SCALAR: ScalarTag = {
  tag: 'go-yaml',
  default: true,
  test: /^/,
  resolve: (text) => resolveGoYamlScalar(text).value,
};

/** The options of the YAML library, for whoever needs its nodes. Integers are `bigint`. */
export function yamlOptions(reading: ScalarReading): ParseOptions & SchemaOptions & { version: '1.2' } {
  return {
    version: '1.2',
    schema: 'core',
    ...(reading === 'yaml-1.2' ? {} : { customTags: (tags) => [GO_YAML_SCALAR, ...tags] }),
    resolveKnownTags: false,
    merge: false,
    intAsBigInt: true,
  };
}

/**
 * Parses a text, and gives up after so many problems. The library goes on, with an Error and its stack for each problem: a mebibyte of
 * closing brackets takes it 13 seconds and 1.5 GiB.
 *
 * Tags that nobody knows are no problem here, and keys may be repeated: the library compares each key with each other one.
 */
export function parseYaml(text: string, reading: ScalarReading, maxProblems: number): ParsedYaml {
  const problems: YamlProblem[] = [];
  const report = (offset: number, message: string): void => {
    problems.push({ offset, message });
    if (problems.length >= maxProblems) throw new GivenUpError();
  };
  const composer = new Composer({
    ...yamlOptions(reading),
    uniqueKeys: false,
    stringKeys: false,
    prettyErrors: false,
    strict: true,
    logLevel: 'silent',
  });
  // Where the library's composer reports what it meets within a document; the rest of its tokens goes through `withoutErrors`.
  const onError = (source: ErrorSource, code: string, message: string): void => {
    if (code !== 'TAG_RESOLVE_FAILED') report(offsetOf(source), message);
  };
  Object.assign(composer, { onError });
  const documents: Document.Parsed[] = [];
  try {
    const tokens = withoutErrors(new Parser().parse(text), report);
    for (const document of composer.compose(tokens)) documents.push(document);
  } catch (error) {
    if (!(error instanceof GivenUpError)) throw error;
    return { documents: [], problems };
  }
  return { documents, problems };
}

type ErrorSource = number | readonly number[] | { readonly offset: number };

function offsetOf(source: ErrorSource): number {
  if (typeof source === 'number') return source;
  return 'offset' in source ? source.offset : (source[0] ?? 0);
}

/** The tokens between documents that are no errors; those that end a document are errors where none has begun. */
function* withoutErrors(
  tokens: Iterable<CST.Token>,
  report: (offset: number, message: string) => void,
): Generator<CST.Token> {
  let inDocument = false;
  for (const token of tokens) {
    if (token.type === 'error') {
      const what = token.source === '' ? '' : `: ${JSON.stringify(token.source.slice(0, 40))}`;
      report(token.offset, `${token.message}${what}`);
    } else if (token.type === 'doc-end' && !inDocument) {
      report(token.offset, 'Unexpected doc-end without preceding document');
    } else {
      inDocument ||= token.type === 'document';
      yield token;
    }
  }
}
