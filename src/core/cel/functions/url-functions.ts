import { coversUrl, parseCanonicalUrl, type UrlResult } from '../../policy/canonical-url.ts';
import { CelError } from '../cel-error.ts';
import type { Literal } from '../expression-tree.ts';
import type { Run } from '../run.ts';
import type { Value } from '../value.ts';
import { type CelFunction, type Prepared, textArgument } from './function-definition.ts';

/** Reading a URL of 2,048 characters, and finding its canonical spelling, takes about 20 us; a longer one is refused at once. */
const URL_COST = 200;

export const URL_FUNCTIONS: readonly CelFunction[] = [
  {
    kind: 'member',
    name: 'url.isCanonical',
    signatures: ['url.isCanonical(string): bool'],
    text: 'whether a URL is in the one spelling that all programs read alike',
    call: (run, args) => read(run, args, 0).ok,
  },
  {
    kind: 'member',
    name: 'url.canonical',
    signatures: ['url.canonical(string): string'],
    text: 'the canonical spelling of a URL; an error when it has none',
    call(run, args) {
      const result = read(run, args, 0);
      const text = result.ok ? result.url.text : result.hint;
      if (text === undefined) throw new CelError('url.canonical: the text has no canonical spelling');
      return text;
    },
  },
  {
    kind: 'member',
    name: 'url.covers',
    signatures: ['url.covers(string, string): bool'],
    text: 'whether a URL (second) is the allowed one (first); false where it is not canonical',
    prepare: allowedIsUrl,
    call: (run, args) => covers(run, args, false),
  },
  {
    kind: 'member',
    name: 'url.coversBelow',
    signatures: ['url.coversBelow(string, string): bool'],
    text: 'the same, also when it lies below the allowed one, by path segments',
    prepare: allowedIsUrl,
    call: (run, args) => covers(run, args, true),
  },
  {
    kind: 'member',
    name: 'url.host',
    signatures: ['url.host(string): string'],
    text: 'the host of a canonical URL; an error for any other text',
    call(run, args) {
      const result = read(run, args, 0);
      if (!result.ok) throw new CelError(`url.host: the URL is not canonical: ${result.problem}`);
      return result.url.host;
    },
  },
];

function covers(run: Run, args: readonly Value[], subpaths: boolean): boolean {
  const [allowed, url] = [read(run, args, 0), read(run, args, 1)];
  if (!allowed.ok) throw new CelError(`url.covers: the allowed URL is not canonical: ${allowed.problem}`);
  return url.ok && coversUrl(allowed.url, subpaths, url.url);
}

function allowedIsUrl([allowed]: readonly (Literal | undefined)[]): Prepared | undefined {
  if (typeof allowed !== 'string') return undefined;
  const result = parseCanonicalUrl(allowed);
  if (result.ok) return undefined;
  const hint = result.hint === undefined ? '' : `; its canonical form is ${result.hint}`;
  return { problem: `the allowed URL is not canonical: ${result.problem}${hint}`, index: 0 };
}

function read(run: Run, args: readonly Value[], index: number): UrlResult {
  const text = textArgument('url', args, index);
  run.charge(URL_COST);
  return parseCanonicalUrl(text);
}
