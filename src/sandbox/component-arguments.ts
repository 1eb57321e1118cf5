import type { SandboxFiles } from './sandbox-files.ts';

/** What runs in a sandbox, in the order in which it starts. */
export type ComponentName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'kwok';

/** Durability is not wanted: the data goes with the sandbox. etcd listens on Unix sockets in the 0700 folder only. */
export function etcdArguments(files: SandboxFiles): readonly string[] {
  const client = `unix://${files.etcdSocket}`;
  const peer = `unix://${files.etcdPeerSocket}`;
  return [
    '--name=sandbox',
    `--data-dir=${files.etcdData}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=sandbox=${peer}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/**
 * Flags of an API server on loopback. Without ServiceAccount admission pods need no token; without the endpoint reconciler
 * a loopback address is accepted; the service range holds 65,534 addresses, since a /24 is full at 254 Services.
 */
export function apiServerArguments(
  files: SandboxFiles,
  port: number,
  extra: readonly string[],
): readonly string[] {
  return [
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--etcd-servers=unix://${files.etcdSocket}`,
    `--tls-cert-file=${files.serverCertificate}`,
    `--tls-private-key-file=${files.serverKey}`,
    `--client-ca-file=${files.caCertificate}`,
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
    '--endpoint-reconciler-type=none',
    '--service-cluster-ip-range=10.0.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--service-account-key-file=${files.serviceAccountPublicKey}`,
    '--allow-privileged=true',
    '--profiling=false',
    ...extra,
  ];
}

/** Only what a chart's objects need; cloud, node addresses, volumes, certificates and HPA controllers would idle. */
const controllers = [
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'job-controller',
  'cronjob-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'disruption-controller',
  'resourcequota-controller',
  'root-ca-certificate-publisher-controller',
  'clusterrole-aggregation-controller',
  'ttl-after-finished-controller',
  'pod-garbage-collector-controller',
  'persistentvolumeclaim-protection-controller',
  'persistentvolume-protection-controller',
  'node-lifecycle-controller',
  'taint-eviction-controller',
] as const;

export function controllerManagerArguments(files: SandboxFiles): readonly string[] {
  return [
    `--kubeconfig=${files.controllerManagerKubeconfig}`,
    `--controllers=${controllers.join(',')}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--root-ca-file=${files.caCertificate}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    '--use-service-account-credentials=false',
    // The defaults of 20 and 30 would be the bottleneck of fifty releases at a time.
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--profiling=false',
  ];
}

export function schedulerArguments(files: SandboxFiles): readonly string[] {
  return [
    `--kubeconfig=${files.schedulerKubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=2000',
    '--kube-api-burst=4000',
    '--profiling=false',
  ];
}

export function kwokArguments(files: SandboxFiles): readonly string[] {
  return [
    `--kubeconfig=${files.kwokKubeconfig}`,
    `--config=${files.stages}`,
    '--manage-all-nodes=true',
    '--node-ip=127.0.0.1',
    // Beside the service range, not in it.
    '--cidr=10.1.0.0/16',
    // Heartbeats are a stage of ours; leases would be a second, costlier sign of life.
    '--node-lease-duration-seconds=0',
  ];
}
