/** What is to be said about the address of a source, given the places that are allowed. */
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { type AddressedKind, type AllowedSource, formatAllowed, isAllowed } from './allowed-source.ts';
import { bucketUrl } from './bucket-url.ts';
import { parseCanonicalUrl, redactUrl } from './canonical-url.ts';
import type { FindingDraft } from './rule.ts';
import { shortText } from './short-text.ts';
import { includesOthers } from './source-fact.ts';

/** Where an address stands and how messages begin. */
export interface AddressPlace {
  readonly kind: AddressedKind;
  /** Dotted path of the field that the finding is about. */
  readonly path: string;
  /** `HelmRepository team/app points to `, or empty where the field itself is judged. */
  readonly prefix: string;
  /** Tokens of the URL's field where it stands in the judged object itself, and can be put right there. */
  readonly tokens?: readonly string[];
}

/** Judges a source object itself, by its spec. */
export function judgeAddress(
  allowed: readonly AllowedSource[],
  kind: AddressedKind,
  object: JsonObject,
): readonly FindingDraft[] {
  const spec = valueAt(object, ['spec']);
  const place: AddressPlace =
    kind === 'Bucket'
      ? { kind, path: 'spec.endpoint', prefix: 'it lies at ' }
      : { kind, path: 'spec.url', prefix: '', tokens: ['spec', 'url'] };
  const url = kind === 'Bucket' ? bucketUrl(spec) : valueAt(spec, ['url']);
  const repairs = [[{ tokens: ['spec', 'include'] }]];
  const included = kind === 'GitRepository' && includesOthers(spec);
  return [
    ...judgeUrl(allowed, url, place),
    ...(included ? [{ ...includesFinding('spec.include', ''), repairs }] : []),
  ];
}

/** At most one finding: there is no URL, it is not canonical, or no entry covers it. */
export function judgeUrl(
  allowed: readonly AllowedSource[],
  url: Json | undefined,
  { kind, path, prefix, tokens }: AddressPlace,
): readonly FindingDraft[] {
  if (typeof url !== 'string') {
    const message = shortText(`${prefix}no URL: there is nothing to judge`);
    return [{ reason: 'SourceUnknown', path, message }];
  }
  const parsed = parseCanonicalUrl(url);
  if (parsed.ok && isAllowed(allowed, kind, parsed.url)) return [];
  const found = shortText(redactUrl(url));
  if (parsed.ok) {
    const message = shortText(`${prefix}${found}, which is not an allowed source`);
    const wouldPass = shortText(formatAllowed(allowed, kind));
    return [{ reason: 'SourceNotAllowed', path, found, message, wouldPass }];
  }
  const { hint, problem } = parsed;
  const base: FindingDraft = {
    reason: 'SourceNotCanonical',
    path,
    found,
    message: shortText(`${prefix}a URL that is not in canonical form: ${problem}`),
  };
  const read = hint === undefined ? undefined : parseCanonicalUrl(hint);
  if (hint === undefined || read?.ok !== true) return [base];
  const passes = isAllowed(allowed, kind, read.url);
  const otherwise = `${hint} is its canonical form, but allowed are ${formatAllowed(allowed, kind)}`;
  return [
    {
      ...base,
      wouldPass: shortText(passes ? hint : otherwise),
      ...(passes && tokens !== undefined ? { repairs: [[{ tokens, value: hint }]] } : {}),
    },
  ];
}

/** What a GitRepository includes is laid over its own content: charts may come out of any of the others. */
export function includesFinding(path: string, prefix: string): FindingDraft {
  const message = shortText(`${prefix}content of other repositories is included, whose URLs are not judged`);
  return { reason: 'SourceNotAllowed', path, message, wouldPass: 'no spec.include' };
}
