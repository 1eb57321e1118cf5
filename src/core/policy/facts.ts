import type { Json, JsonObject } from '../json/json.ts';

/** A fact that may be missing: the reason why is part of the value, so that a rule can answer with a stated verdict. */
export type Fact<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: UnknownReason };

/** `Unsupported`: nobody gathers this fact here (a rendering at admission, a signature before the loop checks them). */
export type UnknownReason = 'NotFound' | 'Forbidden' | 'Unavailable' | 'Unsupported';

/** The source object behind a reference, as far as rules need it. */
export interface SourceFact {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** For a HelmChart the URL of the source that it refers to; for a Bucket `bucket://endpoint/name` (bucket-url.ts). */
  readonly url?: string;
  readonly suspended?: boolean;
  /** Content of other sources is laid over its own: `spec.include` of a GitRepository, or of the one behind a HelmChart. */
  readonly includes?: boolean;
  /** The object's own spec, as it is stored. */
  readonly spec?: JsonObject;
}

/** The chart that a range resolved to; known at release time only. */
export interface ChartFact {
  readonly name: string;
  readonly version: string;
  readonly appVersion?: string;
  /** RFC 3339, from the repository's index. */
  readonly created?: string;
  readonly deprecated?: boolean;
  /** A Masterminds constraint on the version of Kubernetes. */
  readonly kubeVersion?: string;
  /** `sha256:<hex>` of the .tgz. */
  readonly digest?: string;
}

/** What rules about several releases see of one HelmRelease. */
export interface ReleaseFact {
  readonly namespace: string;
  readonly name: string;
  readonly uid?: string;
  readonly storageNamespace: string;
  readonly releaseName: string;
  /** A text that is equal for releases in one cluster: empty for the local one, else the kubeConfig reference. */
  readonly cluster: string;
  readonly dependsOn: readonly { readonly namespace: string; readonly name: string }[];
  /** RFC 3339 time of creation; absent for one that is only asked for. */
  readonly created?: string;
}

/** A HelmRelease that takes its chart from the source that is judged. */
export interface DependentFact {
  readonly object: JsonObject;
  readonly version: string;
  readonly namespaceLabels: Facts['namespaceLabels'];
  readonly otherNamespaceLabels: NonNullable<Facts['otherNamespaceLabels']>;
}

/**
 * What helm rendered for a release. At request time: the one object of an API write as `objects`, its apiVersion, kind, namespace and
 * name taken from the URL (no namespace: cluster-scoped), the rest from the body; a delete has no more than that.
 */
export interface RenderedFact {
  readonly objects: readonly JsonObject[];
  /** Objects of hooks, tests included. */
  readonly hooks: readonly JsonObject[];
  /** What is done to the object; at request time only. */
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE';
}

/** What the check of a chart's signature gave. */
export interface SignatureFact {
  readonly verdict: 'Valid' | 'Invalid' | 'Missing';
  readonly provider: 'cosign' | 'notation' | 'prov';
  /** Key fingerprint, or issuer and identity of a keyless one. */
  readonly signer?: string;
}

/** Where a version has been Ready, for rules that want it elsewhere first. */
export interface PromotionFact {
  readonly namespace: string;
  readonly namespaceLabels: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly chart: string;
  readonly version: string;
  /** RFC 3339; since when the release has been Ready at this version. */
  readonly readySince: string;
}

/** The edit of a source that a release is judged for: the source by its own spec, as it was and as it will be. */
export interface SourceEditFact {
  readonly before: SourceFact;
  readonly after: SourceFact;
}

/**
 * Everything outside the object that rules may read. It is gathered before judging; judging does no I/O.
 * Sources are keyed by `sourceKey(kind, namespace, name)`. A member that is absent was not gathered: it counts as Unavailable.
 */
export interface Facts {
  /** RFC 3339 in UTC: the moment of the judgement. */
  readonly now: string;
  readonly namespaceLabels: Fact<Readonly<Record<string, string>>>;
  /** Labels of the target and storage namespaces, by name; what is absent counts as unknown. */
  readonly otherNamespaceLabels?: ReadonlyMap<string, Fact<Readonly<Record<string, string>>>>;
  readonly sources: ReadonlyMap<string, Fact<SourceFact>>;
  /** Other HelmReleases: those with this one's place in helm's storage, and those that `dependsOn` reaches from it. */
  readonly releases?: Fact<readonly ReleaseFact[]>;
  /** The HelmReleases that use the source that is judged. */
  readonly dependents?: Fact<readonly DependentFact[]>;
  /** There where nobody edits the release itself, but the source that it may take its chart from. */
  readonly sourceEdit?: SourceEditFact;
  readonly chart: Fact<ChartFact>;
  /** The merged values; known at release time only. */
  readonly values: Fact<Json>;
  readonly rendered?: Fact<RenderedFact>;
  readonly signature?: Fact<SignatureFact>;
  readonly promotions?: Fact<readonly PromotionFact[]>;
  /** The rules (`policy/rule`) that whoever applied this object was left out of; known at release time only. */
  readonly exempted?: readonly string[];
  /** Version of the API server, `v1.36.3`. */
  readonly kubeVersion?: Fact<string>;
}

/** What a fact that nobody gathered counts as. */
export const NOT_GATHERED: { readonly known: false; readonly why: 'Unavailable' } = Object.freeze({
  known: false,
  why: 'Unavailable',
});

/** Key of a source object in {@link Facts.sources}. */
export function sourceKey(kind: string, namespace: string, name: string): string {
  return `${kind}/${namespace}/${name}`;
}
