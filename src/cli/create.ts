import { Command, type OptionValues } from 'commander';
import type { CliContext } from './context.ts';
import { CreateError } from './create/create-error.ts';
import { type CreateDependencies, type DeliveryFlags, deliver } from './create/deliver.ts';
import { type HelmReleaseFlags, helmReleaseManifest } from './create/helm-release-manifest.ts';
import { type HelmRepositoryFlags, helmRepositoryManifest } from './create/helm-repository-manifest.ts';
import { manifestVersion } from './create/manifest-version.ts';
import { objectMetadata } from './create/object-metadata.ts';
import { readValuesFiles } from './create/values-files.ts';
import { EXIT_FAILED } from './exit-code.ts';

/** Flags of both kinds. */
interface CommonFlags extends DeliveryFlags {
  readonly namespace: string;
  readonly label: readonly string[];
  readonly apiVersion: string;
}

/** Flags that would put a credential into the manifest or the command line. */
const CREDENTIAL_FLAGS = ['username', 'password', 'certFile', 'keyFile', 'caFile'] as const;

/**
 * `helmgate create`: the manifests that flux's command of the same name prints, with the same flags.
 *
 * Without `dependencies` it can only `--export`.
 */
export function createCommand(context: CliContext, dependencies?: CreateDependencies): Command {
  const create = new Command('create').description('write or apply a HelmRelease or a source').addHelpText(
    'after',
    `
Examples:
  helmgate create source helm podinfo --url https://stefanprodan.github.io/podinfo --export
  helmgate create helmrelease podinfo --source HelmRepository/podinfo --chart podinfo --export`,
  );
  create
    .command('source')
    .description('write or apply a source of charts')
    .addCommand(sourceHelmCommand(context, dependencies));
  return create.addCommand(helmReleaseCommand(context, dependencies));
}

function sourceHelmCommand(context: CliContext, dependencies: CreateDependencies | undefined): Command {
  return common(
    new Command('helm')
      .description('write or apply a HelmRepository')
      .argument('[name]', 'name of the HelmRepository'),
  )
    .option('--url <url>', 'address of the repository: http, https or oci')
    .option('--secret-ref <name>', 'Secret with credentials for the repository, in the same namespace')
    .option(
      '--oci-provider <name>',
      'cloud to authenticate with at an OCI registry: generic, aws, azure, gcp',
    )
    .option('--pass-credentials', 'send the credentials also to other hosts that the index names')
    .option('--fetch-timeout <duration>', 'how long fetching the index may take')
    .option('-u, --username <name>', 'not supported yet: use --secret-ref')
    .option('-p, --password <text>', 'not supported yet: use --secret-ref')
    .option('--cert-file <path>', 'not supported yet: use --secret-ref')
    .option('--key-file <path>', 'not supported yet: use --secret-ref')
    .option('--ca-file <path>', 'not supported yet: use --secret-ref')
    .addHelpText(
      'after',
      `
Examples:
  helmgate create source helm podinfo --url https://stefanprodan.github.io/podinfo --interval 10m --export
  helmgate create source helm podinfo --url oci://ghcr.io/stefanprodan/charts --secret-ref creds -n apps --export`,
    )
    .action(async (name: string | undefined, options: OptionValues) => {
      await reporting(context, async () => {
        const flags = options as CommonFlags & HelmRepositoryFlags;
        const metadata = objectMetadata(name, flags.namespace, flags.label);
        refuseCredentials(options, flags.export === true);
        const manifest = helmRepositoryManifest(metadata, flags, manifestVersion(flags.apiVersion));
        if (flags.passCredentials === true && (flags.secretRef ?? '') === '') {
          warn(context, '--pass-credentials has no effect without --secret-ref');
        }
        if (flags.ociProvider !== undefined && !/^oci:/i.test(flags.url ?? '')) {
          warn(context, '--oci-provider has no effect on a repository over HTTP');
        }
        await deliver(manifest, flags, context, dependencies);
      });
    });
}

function helmReleaseCommand(context: CliContext, dependencies: CreateDependencies | undefined): Command {
  return common(
    new Command('helmrelease')
      .alias('hr')
      .description('write or apply a HelmRelease')
      .argument('[name]', 'name of the HelmRelease'),
  )
    .option(
      '--source <kind/name>',
      'source of the chart: HelmRepository, GitRepository or Bucket, as KIND/NAME[.NAMESPACE]',
    )
    .option('--chart <chart>', 'name of the chart, or its path in a GitRepository or Bucket')
    .option('--chart-version <range>', 'version or semver range of the chart')
    .option('--chart-ref <kind/name>', 'OCIRepository or HelmChart with the chart, as KIND/NAME[.NAMESPACE]')
    .option('--release-name <name>', 'name of the Helm release (default: [<target namespace>-]<name>)')
    .option('--target-namespace <name>', 'namespace to install into')
    .option(
      '--storage-namespace <name>',
      "namespace of Helm's release Secrets (default: the target namespace)",
    )
    .option('--create-target-namespace', 'create the target namespace')
    .option(
      '--depends-on <names>',
      'releases that must be ready first, [NAMESPACE/]NAME, comma-separated',
      collect,
      [],
    )
    .option('--values <files>', 'values files, comma-separated; later ones win', collect, [])
    .option(
      '--values-from <kind/names>',
      'Secret/NAME or ConfigMap/NAME with values, comma-separated',
      collect,
      [],
    )
    .option('--service-account <name>', 'service account to act as')
    .option(
      '--reconcile-strategy <strategy>',
      'what makes a new chart: ChartVersion or Revision',
      'ChartVersion',
    )
    .option('--chart-interval <duration>', 'how often to look for new chart versions (default: the interval)')
    .option('--crds <policy>', 'CRDs at an upgrade: Skip, Create or CreateReplace')
    .option('--kubeconfig-secret-ref <name>', 'Secret with the kubeconfig of a remote cluster')
    .addHelpText(
      'after',
      `
Examples:
  helmgate create hr podinfo --source HelmRepository/podinfo --chart podinfo --chart-version '>=6.0.0 <7.0.0' --export
  helmgate create hr podinfo --source HelmRepository/podinfo.flux-system --chart podinfo -n apps --values prod.yaml
  helmgate create hr podinfo --chart-ref OCIRepository/podinfo --target-namespace web --create-target-namespace --export`,
    )
    .action(async (name: string | undefined, options: OptionValues) => {
      await reporting(context, async () => {
        const flags = options as CommonFlags & HelmReleaseFlags & { readonly values: readonly string[] };
        const metadata = objectMetadata(name, flags.namespace, flags.label);
        const version = manifestVersion(flags.apiVersion);
        const values =
          flags.values.length === 0 ? undefined : await readValuesFiles(flags.values, context.cwd);
        const manifest = helmReleaseManifest(metadata, flags, values, version);
        warnAboutUnused(context, flags);
        await deliver(manifest, flags, context, dependencies);
      });
    });
}

function common(command: Command): Command {
  return command
    .option('-n, --namespace <name>', 'namespace of the object', 'flux-system')
    .option('--interval <duration>', 'how often to reconcile', '1m')
    .option('--label <key=value>', 'label for the object, repeatable, comma-separated', collect, [])
    .option(
      '--api-version <version>',
      'v2, or v2beta1 as older documentation has it (source v1, v1beta2)',
      'v2',
    )
    .option('--export', 'print the manifest instead of applying it')
    .option('--timeout <duration>', 'how long applying may take', '5m')
    .option('--kubeconfig <path>', 'kubeconfig of the cluster to apply to')
    .option('--context <name>', 'context in the kubeconfig');
}

/** A flag that may be repeated, and whose value is a comma-separated list. */
function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, ...value.split(',')];
}

async function reporting(context: CliContext, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof CreateError)) throw error;
    context.stderr.write(`error: ${error.message}\n`);
    context.setExitCode(EXIT_FAILED);
  }
}

function refuseCredentials(options: OptionValues, exporting: boolean): void {
  const used = CREDENTIAL_FLAGS.find((name) => options[name] !== undefined);
  if (used === undefined) return;
  const flag = `--${used.replace('File', '-file')}`;
  throw new CreateError(
    exporting
      ? `${flag} cannot be exported, since a manifest must not hold credentials: put them in a Secret and name it with --secret-ref`
      : `${flag} is not supported yet: put the credentials in a Secret and name it with --secret-ref`,
  );
}

function warnAboutUnused(context: CliContext, flags: HelmReleaseFlags): void {
  if ((flags.chartRef ?? '') !== '') {
    for (const [flag, value] of [
      ['--source', flags.source],
      ['--chart-version', flags.chartVersion],
      ['--chart-interval', flags.chartInterval],
    ] as const) {
      if (value !== undefined) warn(context, `${flag} has no effect with --chart-ref`);
    }
  }
  if (flags.createTargetNamespace === true && (flags.targetNamespace ?? '') === '') {
    warn(context, '--create-target-namespace has no effect without --target-namespace');
  }
}

function warn(context: CliContext, text: string): void {
  context.stderr.write(`warning: ${text}\n`);
}
