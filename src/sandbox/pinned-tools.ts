/** The programs that make up the sandbox. `helm3` is for tests against Helm 3 and is built only when asked for. */
export type ToolName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kubectl'
  | 'helm'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kwok'
  | 'helm3';

export interface PinnedTool {
  readonly name: ToolName;
  /** File name of the binary, as PATH knows it. */
  readonly binary: string;
  /** With the leading `v`, as each of them prints it (etcd prints it without). */
  readonly version: string;
  /** Folder under `tools/` whose go.mod pins it. */
  readonly module: string;
  /** Go import path of its main package. */
  readonly goPackage: string;
  /** Linker settings beyond `-s -w`, which give the binary the version it prints. */
  readonly linkerSettings: readonly string[];
  /** Arguments that make it print its version and exit 0 without a server. */
  readonly versionArguments: readonly string[];
  /** Time of a cold build on 2 cores, in build order, measured once: a hint for whoever waits, never a limit. */
  readonly usualBuildSeconds: number;
}

const kubernetesVersion = 'v1.36.3';

/** Without it the server calls itself v0.0.0-master, and clients' version checks fail. */
const kubernetesLinkerSettings: readonly string[] = [
  `-X k8s.io/component-base/version.gitVersion=${kubernetesVersion}`,
];

function kubernetesTool(
  name: ToolName,
  usualBuildSeconds: number,
  versionArguments: readonly string[],
): PinnedTool {
  return {
    name,
    binary: name,
    version: kubernetesVersion,
    module: 'kubernetes',
    goPackage: `k8s.io/kubernetes/cmd/${name}`,
    linkerSettings: kubernetesLinkerSettings,
    versionArguments,
    usualBuildSeconds,
  };
}

/** Every pinned tool, in build order: what shares packages stands together, so that the later ones are quick. */
export const pinnedTools: readonly PinnedTool[] = [
  {
    name: 'etcd',
    binary: 'etcd',
    version: 'v3.7.3',
    module: 'etcd',
    goPackage: 'go.etcd.io/etcd/server/v3',
    linkerSettings: [],
    versionArguments: ['--version'],
    usualBuildSeconds: 34,
  },
  kubernetesTool('kube-apiserver', 164, ['--version']),
  kubernetesTool('kubectl', 16, ['version', '--client']),
  {
    name: 'helm',
    binary: 'helm',
    version: 'v4.3.1',
    module: 'helm4',
    goPackage: 'helm.sh/helm/v4/cmd/helm',
    linkerSettings: ['-X helm.sh/helm/v4/internal/version.version=v4.3.1'],
    versionArguments: ['version', '--template', '{{.Version}}'],
    usualBuildSeconds: 86,
  },
  kubernetesTool('kube-controller-manager', 44, ['--version']),
  kubernetesTool('kube-scheduler', 7, ['--version']),
  {
    name: 'kwok',
    binary: 'kwok',
    version: 'v0.8.0',
    module: 'kwok',
    goPackage: 'sigs.k8s.io/kwok/cmd/kwok',
    linkerSettings: [],
    versionArguments: ['--version'],
    usualBuildSeconds: 56,
  },
  {
    name: 'helm3',
    binary: 'helm',
    version: 'v3.22.0',
    module: 'helm3',
    goPackage: 'helm.sh/helm/v3/cmd/helm',
    linkerSettings: ['-X helm.sh/helm/v3/internal/version.version=v3.22.0'],
    versionArguments: ['version', '--template', '{{.Version}}'],
    usualBuildSeconds: 90,
  },
];

/** What a sandbox needs; Helm 3 is not among it. */
export const sandboxTools: readonly ToolName[] = pinnedTools
  .map((tool) => tool.name)
  .filter((name) => name !== 'helm3');

/** The pin of a tool. */
export function getPinnedTool(name: ToolName): PinnedTool {
  const found = pinnedTools.find((tool) => tool.name === name);
  if (found === undefined) throw new Error(`no pinned tool is called ${name}`);
  return found;
}
