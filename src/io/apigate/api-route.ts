/** What part of the API a path names. */
export type ApiRoute =
  | { readonly kind: 'discovery' }
  | { readonly kind: 'resource'; readonly resource: ResourcePath };

export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  readonly namespace?: string;
  readonly plural: string;
  /** Absent for the collection. */
  readonly name?: string;
  readonly subresource?: string;
}

/** Parts of a Namespace that stand where a resource of the namespace would. */
const NAMESPACE_SUBRESOURCES: ReadonlySet<string> = new Set(['status', 'finalize']);

/** Routes a canonical path, or says undefined for one that is neither discovery nor a resource. */
export function routeOf(segments: readonly string[]): ApiRoute | undefined {
  const [root, ...rest] = segments;
  switch (root) {
    case 'version':
      return rest.length === 0 ? { kind: 'discovery' } : undefined;
    case 'openapi':
      return { kind: 'discovery' };
    case 'api':
      return rest.length <= 1 ? { kind: 'discovery' } : resourceRoute('', rest[0] ?? '', rest.slice(1));
    case 'apis':
      return rest.length <= 2
        ? { kind: 'discovery' }
        : resourceRoute(rest[0] ?? '', rest[1] ?? '', rest.slice(2));
    default:
      return undefined;
  }
}

function resourceRoute(group: string, version: string, path: readonly string[]): ApiRoute | undefined {
  const [first, second, third] = path;
  const inNamespace =
    first === 'namespaces' &&
    path.length >= 3 &&
    !(group === '' && path.length === 3 && NAMESPACE_SUBRESOURCES.has(third ?? ''));
  const own = inNamespace ? path.slice(2) : path;
  const [plural, name, subresource, ...more] = own;
  if (plural === undefined || more.length > 0) return undefined;
  return {
    kind: 'resource',
    resource: {
      group,
      version,
      ...(inNamespace && second !== undefined ? { namespace: second } : {}),
      plural,
      ...(name === undefined ? {} : { name }),
      ...(subresource === undefined ? {} : { subresource }),
    },
  };
}

/** The segments of a resource path. */
export function segmentsOf(path: ResourcePath): readonly string[] {
  return [
    ...(path.group === '' ? ['api', path.version] : ['apis', path.group, path.version]),
    ...(path.namespace === undefined ? [] : ['namespaces', path.namespace]),
    path.plural,
    ...(path.name === undefined ? [] : [path.name]),
    ...(path.subresource === undefined ? [] : [path.subresource]),
  ];
}
