import { emitGoYaml } from '../../core/json/go-yaml.ts';
import type { CliContext } from '../context.ts';
import { CreateError } from './create-error.ts';
import { goDurationToMs } from './go-duration.ts';
import type { Manifest } from './manifest.ts';

/** Who owns the fields that `create` applies. */
const FIELD_MANAGER = 'helmgate';

export interface ApplyOptions {
  readonly fieldManager: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Path of a kubeconfig; absent means as kubectl finds it. */
  readonly kubeconfig?: string;
  /** Name of a context in the kubeconfig; absent means its current one. */
  readonly context?: string;
}

export interface ApplyResult {
  /** What happened to the object, in kubectl's words. */
  readonly outcome: 'created' | 'configured' | 'unchanged';
  /** Warnings that the API server sent with its answer. */
  readonly warnings?: readonly string[];
}

/** What `create` needs beyond the command line. */
export interface CreateDependencies {
  /** Server-side apply of one manifest; rejects with an Error whose message says why the API server refused. */
  apply(manifest: Manifest, options: ApplyOptions): Promise<ApplyResult>;
}

export interface DeliveryFlags {
  readonly export?: boolean;
  readonly timeout: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Prints the manifest with `--export`, otherwise applies it to the cluster. Throws a CreateError. */
export async function deliver(
  manifest: Manifest,
  flags: DeliveryFlags,
  context: CliContext,
  dependencies: CreateDependencies | undefined,
): Promise<void> {
  const timeoutMs = goDurationToMs('timeout', flags.timeout);
  if (flags.export === true) {
    context.stdout.write(`---\n${emitGoYaml(manifest)}`);
    return;
  }
  if (dependencies === undefined) {
    throw new CreateError(
      'applying needs a connection to a cluster; print the manifest with --export instead',
    );
  }
  const { outcome, warnings = [] } = await applied(manifest, dependencies, {
    fieldManager: FIELD_MANAGER,
    timeoutMs,
    signal: context.signal,
    ...(flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig }),
    ...(flags.context === undefined ? {} : { context: flags.context }),
  });
  for (const warning of warnings) context.stderr.write(`Warning: ${warning}\n`);
  context.stdout.write(`${resourceName(manifest)} ${outcome}\n`);
}

async function applied(
  manifest: Manifest,
  dependencies: CreateDependencies,
  options: ApplyOptions,
): Promise<ApplyResult> {
  try {
    return await dependencies.apply(manifest, options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CreateError(`applying ${resourceName(manifest)} failed: ${reason}`, { cause: error });
  }
}

/** As kubectl names an object it has applied: `helmrelease.helm.toolkit.fluxcd.io/podinfo`. */
function resourceName(manifest: Manifest): string {
  const [group = ''] = manifest.apiVersion.split('/');
  return `${manifest.kind.toLowerCase()}.${group}/${manifest.metadata.name}`;
}
