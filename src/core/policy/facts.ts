import type { Json } from '../json/json.ts';

/** A fact that may be missing: the reason why is part of the value, so that a rule can answer with a stated verdict. */
export type Fact<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: 'NotFound' | 'Forbidden' | 'Unavailable' | 'Unsupported' };

/** The source object behind a `sourceRef`, as far as rules need it. */
export interface SourceFact {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly url?: string;
  readonly suspended?: boolean;
}

/** The chart that a range resolved to; known at release time only. */
export interface ChartFact {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
  readonly created?: string;
  readonly deprecated?: boolean;
  /** `sha256:<hex>` of the .tgz. */
  readonly digest?: string;
}

/**
 * Everything outside the object that rules may read. It is gathered before judging; judging does no I/O.
 * Sources are keyed by `sourceKey(kind, namespace, name)`.
 */
export interface Facts {
  readonly namespaceLabels: Fact<Readonly<Record<string, string>>>;
  /** Labels of the target and storage namespaces, by name; what is absent counts as unknown. */
  readonly otherNamespaceLabels?: ReadonlyMap<string, Fact<Readonly<Record<string, string>>>>;
  readonly sources: ReadonlyMap<string, Fact<SourceFact>>;
  readonly chart: Fact<ChartFact>;
  /** The merged values; known at release time only. */
  readonly values: Fact<Json>;
}

/** Key of a source object in {@link Facts.sources}. */
export function sourceKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
