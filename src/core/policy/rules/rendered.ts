import { parsePath } from '../../json/path.ts';
import { compileAllowedNamespaces } from '../allowed-namespaces.ts';
import { type ImagePrefix, parseImagePrefix } from '../image-reference.ts';
import { type ImageOptions, judgeRendered, type RenderedOptions } from '../judge-rendered.ts';
import { compileKinds, KINDS_SCHEMA } from '../kind-pattern.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleContext, RuleDefinition } from '../rule-definition.ts';
import { UNKNOWN_SCHEMA, UNKNOWN_TEXT, type UnknownVerdict } from '../unknown-fact.ts';

const NAMESPACE_LIST = {
  type: 'array',
  maxItems: 1000,
  items: { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9*-]+$' },
};

/** Rule `rendered`; what it is for and what it says stands in its definition. */
export const rendered: RuleDefinition = {
  field: 'rendered',
  summary: 'what a chart may render: kinds, namespaces, images; and what it may not delete',
  why: `A HelmRelease is a few lines; what it becomes is decided in templates that nobody reads at each upgrade. A tenant's chart that brings
a ClusterRoleBinding, a webhook for everybody's pods or an image from nowhere is stopped here, before the first object is sent.`,
  when: ['release', 'request'],
  reads: [
    'the manifest and the hooks that helm rendered',
    'each write to the API server',
    'spec.targetNamespace',
  ],
  verdicts: `At release time every object of the manifest and every hook is judged, tests included; an object with \`items\` stands for what
is in it. \`own\` among the \`namespaces\` is the release's target namespace, where an object without a namespace lies.

The scope of Kubernetes' own kinds is known; a manifest does not tell it for others. With \`clusterScoped\` a kind that is neither known to be
namespaced nor among \`namespacedKinds\` counts as cluster-scoped.

Images are those of all containers and image volumes, wherever they stand, and of \`images.fields\`. Registries are compared part by part, with
Docker's short names written out (\`nginx\` is \`docker.io/library/nginx\`). An image without tag and digest has the tag \`latest\`; with a digest the
tag does not count. What is no image reference is refused.

At request time the same is asked of each single write, whose URL tells the scope, and \`protected\` kinds are not deleted. A delete is judged
by nothing else: what a release made before a policy came may go.

When nobody rendered, \`unknown\` says what happens. Until the loop hands over what helm rendered, that is every release.`,
  reasons: {
    ObjectNotAllowed: 'an object is of a kind, or lies in a namespace, that is not allowed',
    ImageNotAllowed: 'an image is from elsewhere, has no digest, has a forbidden tag, or cannot be read',
    DeleteNotAllowed: 'a release would delete an object of a protected kind',
    FactUnknown: 'nobody rendered the chart',
  },
  options: [
    {
      path: 'kinds.allow',
      text: 'nothing but these kinds: `Deployment.apps`, `*.apps`, `Secret` in the core group',
    },
    { path: 'kinds.forbid', text: 'none of these kinds' },
    { path: 'namespaces', text: 'where objects may lie: names, patterns with `*`, and `own`' },
    {
      path: 'clusterScoped',
      text: 'the cluster-scoped kinds that are allowed; `[]` for none, all when absent',
    },
    { path: 'namespacedKinds', text: 'custom kinds that are namespaced' },
    { path: 'images.registries', text: 'where images come from, `ghcr.io/acme`; everything below it' },
    { path: 'images.digest', text: 'images must have a digest; false when absent' },
    { path: 'images.forbiddenTags', text: 'tags that images without a digest may not have' },
    { path: 'images.fields[]', text: '`kind` and `path` of a field of a custom kind that holds an image' },
    { path: 'protected', text: 'kinds that a release may not delete' },
    { path: 'unknown', text: UNKNOWN_TEXT },
  ],
  example: `
- id: tenant-objects
  rendered:
    kinds: {forbid: [Namespace, ResourceQuota]}
    namespaces: [own]
    clusterScoped: []
    namespacedKinds: ["*.cert-manager.io"]
    images:
      registries: [ghcr.io/acme, docker.io/library]
      forbiddenTags: [latest]
    protected: [PersistentVolumeClaim]
`,
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    description: 'What a chart may render.',
    properties: {
      kinds: {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: { allow: KINDS_SCHEMA, forbid: KINDS_SCHEMA },
      },
      namespaces: { ...NAMESPACE_LIST, description: 'Names, patterns and own.' },
      clusterScoped: KINDS_SCHEMA,
      namespacedKinds: KINDS_SCHEMA,
      images: {
        type: 'object',
        minProperties: 1,
        additionalProperties: false,
        properties: {
          registries: {
            type: 'array',
            minItems: 1,
            maxItems: 500,
            items: { type: 'string', minLength: 1, maxLength: 255 },
          },
          digest: { type: 'boolean', description: 'Images must have a digest.' },
          forbiddenTags: {
            type: 'array',
            minItems: 1,
            maxItems: 100,
            items: { type: 'string', pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$' },
          },
          fields: {
            type: 'array',
            minItems: 1,
            maxItems: 100,
            items: {
              type: 'object',
              required: ['kind', 'path'],
              additionalProperties: false,
              properties: {
                kind: { type: 'string', maxLength: 317, pattern: '^[A-Z][A-Za-z0-9]*\\.[a-z0-9.-]+$' },
                path: { type: 'string', minLength: 1, maxLength: 512 },
              },
            },
          },
        },
      },
      protected: KINDS_SCHEMA,
      unknown: UNKNOWN_SCHEMA,
    },
  },
  compile(written, at, context) {
    const { kinds = {}, namespaces, unknown = 'Deny', ...lists } = written as unknown as WrittenRendered;
    const list = (names: readonly string[] | undefined, ...path: readonly string[]) =>
      names === undefined ? undefined : compileKinds(names, [...at, ...path], context);
    const images =
      lists.images === undefined ? undefined : compileImages(lists.images, [...at, 'images'], context);
    const compiled = {
      allowedKinds: list(kinds.allow, 'kinds', 'allow'),
      forbiddenKinds: list(kinds.forbid, 'kinds', 'forbid'),
      clusterScoped: list(lists.clusterScoped, 'clusterScoped'),
      protectedKinds: list(lists.protected, 'protected'),
      namespaces: namespaces === undefined ? undefined : compileAllowedNamespaces(namespaces),
      images,
    };
    const present = Object.entries(compiled).filter(([, part]) => part !== undefined);
    const namespacedKinds = list(lists.namespacedKinds ?? [], 'namespacedKinds');
    if (namespacedKinds === undefined) return undefined;
    return renderedRule({ ...Object.fromEntries(present), namespacedKinds, unknown } as RenderedOptions);
  },
};

interface WrittenRendered {
  readonly kinds?: { readonly allow?: readonly string[]; readonly forbid?: readonly string[] };
  readonly namespaces?: readonly string[];
  readonly clusterScoped?: readonly string[];
  readonly namespacedKinds?: readonly string[];
  readonly images?: WrittenImages;
  readonly protected?: readonly string[];
  readonly unknown?: UnknownVerdict;
}

interface WrittenImages {
  readonly registries?: readonly string[];
  readonly digest?: boolean;
  readonly forbiddenTags?: readonly string[];
  readonly fields?: readonly { readonly kind: string; readonly path: string }[];
}

function compileImages(
  { registries, digest = false, forbiddenTags = [], fields = [] }: WrittenImages,
  at: readonly string[],
  context: RuleContext,
): ImageOptions {
  const prefixes: ImagePrefix[] = [];
  for (const [index, text] of (registries ?? []).entries()) {
    const prefix = parseImagePrefix(text);
    if (prefix !== undefined) prefixes.push(prefix);
    else {
      const message = `${JSON.stringify(text)} is no registry with a path`;
      context.error([...at, 'registries', String(index)], message, 'write host and path, ghcr.io/acme');
    }
  }
  const places = fields.flatMap(({ kind, path }, index) => {
    const tokens = parsePath(path);
    if (tokens !== undefined) return [{ kind, tokens }];
    context.error([...at, 'fields', String(index), 'path'], `${JSON.stringify(path)} is no path of a field`);
    return [];
  });
  return {
    ...(registries === undefined ? {} : { registries: prefixes }),
    digest,
    forbiddenTags: new Set(forbiddenTags),
    fields: places,
  };
}

/** Makes the rule of its options. */
export function renderedRule(options: RenderedOptions): RuleBody {
  return {
    kinds: ['HelmRelease'],
    reads: [],
    writes: [],
    needs: ['rendered'],
    unknown: options.unknown,
    judge: (input) =>
      input.phase === 'admission' ? { findings: [], warnings: [] } : judgeRendered(options, input),
  };
}
