import { isJsonObject, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { releaseNamespaceOf } from '../release/names.ts';
import { type AllowedNamespaces, allowsNamespace, formatAllowedNamespaces } from './allowed-namespaces.ts';
import { type Facts, NOT_GATHERED, type RenderedFact } from './facts.ts';
import { findImages } from './find-images.ts';
import { coversImage, formatImagePrefix, type ImagePrefix, parseImageReference } from './image-reference.ts';
import { hasKind, type KindSet } from './kind-pattern.ts';
import { builtInScope, type GroupKind, groupKindOf } from './object-kind.ts';
import { flattenLists } from './rendered-objects.ts';
import type { FindingDraft, Judgement, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';
import { judgeUnknown, type UnknownVerdict } from './unknown-fact.ts';

export interface ImageOptions {
  readonly registries?: readonly ImagePrefix[];
  readonly digest: boolean;
  readonly forbiddenTags: ReadonlySet<string>;
  /** Fields of custom kinds that hold an image. */
  readonly fields: readonly { readonly kind: GroupKind; readonly tokens: readonly string[] }[];
}

/** What is asked of the objects of a release; absent parts ask for nothing. */
export interface RenderedOptions {
  readonly allowedKinds?: KindSet;
  readonly forbiddenKinds?: KindSet;
  readonly namespaces?: AllowedNamespaces;
  readonly clusterScoped?: KindSet;
  readonly namespacedKinds: KindSet;
  readonly images?: ImageOptions;
  readonly protectedKinds?: KindSet;
  readonly unknown: UnknownVerdict;
}

/** Findings that one judgement tells one by one. */
const MAX_FINDINGS = 20;
/** Rendered objects have no place in the HelmRelease: what was rendered is told at its chart. */
const PATH = 'spec.chart';

/** An object with what the checks ask of it. */
interface Judged {
  readonly object: JsonObject;
  readonly kind: GroupKind;
  /** For people: `Deployment.apps web/api`. */
  readonly title: string;
  /** Undefined where it is not known. */
  readonly scope: 'Cluster' | 'Namespaced' | undefined;
  /** Where it lies: the release's own namespace when it names none; undefined when it lies in none, as far as that is known. */
  readonly namespace: string | undefined;
}

/** Judges what helm rendered, or one write to the API server. */
export function judgeRendered(
  options: RenderedOptions,
  { object, subject, facts, phase }: RuleInput,
): Judgement {
  const fact: Facts['rendered'] = facts.rendered ?? NOT_GATHERED;
  if (!fact.known) return judgeUnknown(options.unknown, 'what the chart renders', fact.why, PATH);
  const release = { metadata: { namespace: subject.namespace }, spec: object['spec'] ?? {} };
  const own = releaseNamespaceOf(release);
  const found = findingsOf(options, fact.value, own, phase === 'request');
  if (found.length <= MAX_FINDINGS) return { findings: found, warnings: [] };
  const rest = found.length - MAX_FINDINGS;
  const shown = found.slice(0, MAX_FINDINGS);
  const last: FindingDraft = {
    reason: 'ObjectNotAllowed',
    path: PATH,
    message: `and ${rest} more in this release`,
  };
  return { findings: [...shown, last], warnings: [] };
}

function findingsOf(
  options: RenderedOptions,
  { objects, hooks, operation }: RenderedFact,
  own: string,
  isRequest: boolean,
): readonly FindingDraft[] {
  const flat = flattenLists([...objects, ...hooks].filter(isJsonObject));
  if (flat === undefined) {
    return [
      { reason: 'ObjectNotAllowed', path: PATH, message: 'the release has more objects than are judged' },
    ];
  }
  return flat.flatMap((object): readonly FindingDraft[] => {
    const kind = groupKindOf(object);
    if (kind === undefined) {
      return [
        {
          reason: 'ObjectNotAllowed',
          path: PATH,
          message: 'the release has an object without apiVersion and kind',
        },
      ];
    }
    const judged = describeObject(options, object, kind, own, isRequest);
    // What a release made before a policy came may go: a delete is judged by what is protected alone.
    if (operation === 'DELETE') return judgeDelete(options, judged);
    return [
      ...judgeKind(options, judged),
      ...judgeNamespace(options, judged, own),
      ...judgeImages(options, judged),
    ];
  });
}

function describeObject(
  { namespacedKinds }: RenderedOptions,
  object: JsonObject,
  kind: GroupKind,
  own: string,
  isRequest: boolean,
): Judged {
  const written = textAt(object, ['metadata', 'namespace']);
  const known = builtInScope(kind) ?? (hasKind(namespacedKinds, kind) ? 'Namespaced' : undefined);
  // The URL of a request tells the scope. A manifest does not: a namespace may be written on a cluster-scoped object as well.
  const scope = !isRequest ? known : written === undefined ? 'Cluster' : 'Namespaced';
  const namespace = scope === 'Namespaced' ? (written ?? own) : scope === 'Cluster' ? undefined : written;
  const name = textAt(object, ['metadata', 'name']) ?? '(without a name)';
  const title = `${kind} ${namespace === undefined ? name : `${namespace}/${name}`}`;
  return { object, kind, title, scope, namespace };
}

function judgeDelete({ protectedKinds }: RenderedOptions, { kind, title }: Judged): readonly FindingDraft[] {
  if (protectedKinds === undefined || !hasKind(protectedKinds, kind)) return [];
  return [finding('DeleteNotAllowed', title, 'is protected: a release may not delete it')];
}

function judgeKind(options: RenderedOptions, { kind, title, scope }: Judged): readonly FindingDraft[] {
  const { allowedKinds, forbiddenKinds, clusterScoped } = options;
  if (forbiddenKinds !== undefined && hasKind(forbiddenKinds, kind)) {
    return [finding('ObjectNotAllowed', title, 'is of a kind that is forbidden')];
  }
  if (allowedKinds !== undefined && !hasKind(allowedKinds, kind)) {
    return [
      finding('ObjectNotAllowed', title, 'is of a kind that is not allowed', `kinds ${allowedKinds.text}`),
    ];
  }
  if (scope === 'Namespaced' || clusterScoped === undefined || hasKind(clusterScoped, kind)) return [];
  const why = scope === 'Cluster' ? 'is cluster-scoped' : 'is of a kind that is not known to be namespaced';
  return [finding('ObjectNotAllowed', title, why, `cluster-scoped kinds: ${clusterScoped.text}`)];
}

function judgeNamespace(
  { namespaces }: RenderedOptions,
  { title, namespace }: Judged,
  own: string,
): readonly FindingDraft[] {
  if (namespaces === undefined || namespace === undefined) return [];
  if (allowsNamespace(namespaces, namespace, own)) return [];
  const allowed = formatAllowedNamespaces(namespaces, own) || 'no namespace';
  return [finding('ObjectNotAllowed', title, 'lies in a namespace that is not allowed', allowed)];
}

function judgeImages({ images }: RenderedOptions, { object, kind, title }: Judged): readonly FindingDraft[] {
  if (images === undefined) return [];
  const fields = images.fields.flatMap(({ kind: of, tokens }) => {
    const image = of === kind ? valueAt(object, tokens) : undefined;
    return image === undefined ? [] : [{ image, of: tokens.join('.') }];
  });
  return [...findImages(object), ...fields].flatMap(({ image, of }) => {
    const problem = typeof image === 'string' ? imageProblem(images, image) : NOT_A_REFERENCE;
    if (problem === undefined) return [];
    const shown = typeof image === 'string' ? shortText(image) : '(no text)';
    const draft = finding(
      'ImageNotAllowed',
      `${title}, ${of}`,
      `${problem.message}: ${shown}`,
      problem.wouldPass,
    );
    return [{ ...draft, found: shown }];
  });
}

interface ImageProblem {
  readonly message: string;
  readonly wouldPass?: string;
}

const NOT_A_REFERENCE: ImageProblem = { message: 'the image is no image reference' };

function imageProblem(options: ImageOptions, text: string): ImageProblem | undefined {
  const image = parseImageReference(text);
  if (image === undefined) return NOT_A_REFERENCE;
  const { registries, digest, forbiddenTags } = options;
  if (registries !== undefined && !registries.some((prefix) => coversImage(prefix, image))) {
    const allowed = registries.map(formatImagePrefix).join(', ');
    return { message: 'the image is from elsewhere', wouldPass: `images below ${allowed}` };
  }
  if (image.digest !== undefined) return undefined;
  if (digest) return { message: 'the image has no digest', wouldPass: `${shortText(text)}@sha256:...` };
  // Without a tag the runtime takes this one.
  const tag = image.tag ?? 'latest';
  return forbiddenTags.has(tag) ? { message: `the tag ${tag} is forbidden` } : undefined;
}

function finding(
  reason: FindingDraft['reason'],
  title: string,
  message: string,
  wouldPass?: string,
): FindingDraft {
  return {
    reason,
    path: PATH,
    found: shortText(title),
    message: shortText(`${title}: ${message}`),
    ...(wouldPass === undefined ? {} : { wouldPass: shortText(wouldPass) }),
  };
}

/** A text that is not empty. */
function textAt(object: JsonObject, tokens: readonly string[]): string | undefined {
  const value = valueAt(object, tokens);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
