import { CreateError, invalidArgument } from './create-error.ts';

/** Another object as flags name it: KIND/NAME, or KIND/NAME.NAMESPACE. */
export interface ObjectReference {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

const SOURCE_KINDS = ['HelmRepository', 'GitRepository', 'Bucket'] as const;
const CHART_REF_KINDS = ['OCIRepository', 'HelmChart'] as const;
const VALUES_KINDS = ['Secret', 'ConfigMap'] as const;

/** `--source`: the kind in any case, the namespace after the last dot. */
export function parseSource(text: string): ObjectReference {
  const supported = SOURCE_KINDS.join(', ');
  if (text.trim() === '') {
    throw invalidArgument(
      'source',
      text,
      `no helm chart source given, please specify source that contains the chart in the format '<kind>/<name>.<namespace>', where kind must be one of: (${supported})`,
    );
  }
  const { kind, ...rest } = splitNamespace(text);
  if (kind === '' || rest.name === '') {
    throw invalidArgument(
      'source',
      text,
      `invalid helm chart source '${text}', must be in format <kind>/<name>`,
    );
  }
  const known = findKind(SOURCE_KINDS, kind);
  if (known === undefined) {
    throw invalidArgument(
      'source',
      text,
      `source kind '${kind}' is not supported, must be one of: ${supported}`,
    );
  }
  return { kind: known, ...rest };
}

/** `--chart-ref`: the kind exactly as the API writes it. */
export function parseChartRef(text: string): ObjectReference {
  const reference = splitNamespace(text);
  if (!CHART_REF_KINDS.some((kind) => kind === reference.kind)) {
    throw new CreateError(
      `chart reference kind '${reference.kind}' is not supported, must be one of: ${CHART_REF_KINDS.join(', ')}`,
    );
  }
  if (reference.name === '') throw invalidArgument('chart-ref', text, 'the name is missing after the slash');
  return reference;
}

/** One `--values-from`: no namespace, since the API has none there. */
export function parseValuesFrom(text: string): ObjectReference {
  const { kind, name } = splitKind(text);
  if (kind === '' || name === '') {
    throw new CreateError(`invalid Kubernetes object reference '${text}', must be in format <kind>/<name>`);
  }
  const known = findKind(VALUES_KINDS, kind);
  if (known === undefined) {
    throw new CreateError(
      `reference kind '${kind}' is not supported, must be one of: ${VALUES_KINDS.join(', ')}`,
    );
  }
  return { kind: known, name };
}

/** One `--depends-on`: NAME or NAMESPACE/NAME. */
export function parseDependsOn(text: string): { readonly name: string; readonly namespace?: string } {
  const slash = text.indexOf('/');
  const name = text.slice(slash + 1);
  if (name === '' || name.includes('/') || slash === 0) {
    throw invalidArgument('depends-on', text, 'must be in format <name> or <namespace>/<name>');
  }
  return slash === -1 ? { name } : { name, namespace: text.slice(0, slash) };
}

/** Exactly one slash parts kind and name; otherwise all of it is the name. */
function splitKind(text: string): { readonly kind: string; readonly name: string } {
  const parts = text.split('/');
  const [kind = '', name = ''] = parts;
  return parts.length === 2 ? { kind, name } : { kind: '', name: text };
}

function splitNamespace(text: string): ObjectReference {
  const { kind, name } = splitKind(text);
  const dot = name.lastIndexOf('.');
  return dot === -1 ? { kind, name } : { kind, name: name.slice(0, dot), namespace: name.slice(dot + 1) };
}

function findKind(kinds: readonly string[], kind: string): string | undefined {
  return kinds.find((known) => known.toLowerCase() === kind.toLowerCase());
}
