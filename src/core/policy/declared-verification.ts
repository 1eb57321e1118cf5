/** Whether an object asks Flux to verify the signature of its chart, and says whose it must be. */
import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { Facts, UnknownReason } from './facts.ts';
import { findSource, sourceOf } from './source-of.ts';
import type { Subject } from './subject.ts';

/** What an object, or the source that it refers to, declares. */
export interface Declaration {
  /** What stands in `verify`; undefined when it is absent. */
  readonly verify: Json | undefined;
  /** Tokens of `verify` where the object itself has it; of its reference where that leads to the object that has it. */
  readonly tokens: readonly string[];
  readonly own: boolean;
  /** Where the chart comes from: `http` repositories and `other` kinds have no signature that Flux could verify. */
  readonly origin: 'oci' | 'http' | 'other' | UnknownReason;
}

/** What is wrong with a `verify`, in words; undefined when it names a provider and whose signature counts. */
export type DeclarationProblem = 'absent' | 'provider' | 'anyone';

const CHART_VERIFY = ['spec', 'chart', 'spec', 'verify'];
const OWN_VERIFY = ['spec', 'verify'];
const CHART_REF = ['spec', 'chartRef'];

/** Undefined for objects that take no chart. */
export function declarationOf(
  { kind, namespace }: Subject,
  object: JsonObject,
  facts: Facts,
): Declaration | undefined {
  if (kind === 'OCIRepository') {
    return { verify: valueAt(object, OWN_VERIFY), tokens: OWN_VERIFY, own: true, origin: 'oci' };
  }
  if (kind !== 'HelmRelease' && kind !== 'HelmChart') return undefined;
  const source = sourceOf(kind, object, namespace);
  if (source === undefined) return undefined;
  const byReference = source.path === CHART_REF.join('.');
  const followed = source.kind === 'HelmRepository' || (byReference && source.kind !== 'ExternalArtifact');
  const fact = followed ? findSource(facts, source) : undefined;
  const origin = fact === undefined ? 'other' : fact.known ? originOf(fact.value.url) : fact.why;
  if (byReference) {
    const verify = fact?.known ? valueAt(fact.value.spec, ['verify']) : undefined;
    return { verify, tokens: CHART_REF, own: false, origin };
  }
  const tokens = kind === 'HelmChart' ? OWN_VERIFY : CHART_VERIFY;
  return { verify: valueAt(object, tokens), tokens, own: true, origin };
}

/**
 * What is missing. With cosign and neither a key nor an identity Flux accepts a keyless signature by anybody (source-controller
 * hands cosign an empty list of identities); notation has no keyless way.
 */
export function declarationProblem(
  verify: Json | undefined,
  providers: ReadonlySet<string>,
): DeclarationProblem | undefined {
  if (!isJsonObject(verify)) return 'absent';
  const { provider = 'cosign', matchOIDCIdentity: identities } = verify;
  if (typeof provider !== 'string' || !providers.has(provider)) return 'provider';
  const secret = valueAt(verify, ['secretRef', 'name']);
  const byKey = typeof secret === 'string' && secret !== '';
  const byIdentity = provider === 'cosign' && Array.isArray(identities) && identities.length > 0;
  return byKey || byIdentity ? undefined : 'anyone';
}

function originOf(url: string | undefined): Declaration['origin'] {
  if (url === undefined) return 'Unavailable';
  return url.startsWith('oci://') ? 'oci' : 'http';
}
