import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderKubeconfig } from './kubeconfig.ts';
import { createCertificateAuthority, generateKeyPair, type KeyAndCertificate } from './pki.ts';
import { renderStages, sandboxStages } from './stages.ts';

/** Every path in a sandbox's folder. Files are readable by their owner only; the folder itself is 0700. */
export interface SandboxFiles {
  readonly dir: string;
  readonly etcdData: string;
  /** Unix socket of etcd: no port, and nobody without access to the folder can talk to it. */
  readonly etcdSocket: string;
  readonly etcdPeerSocket: string;
  readonly stages: string;
  readonly caCertificate: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  readonly adminCertificate: string;
  readonly adminKey: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly kubeconfig: string;
  readonly controllerManagerKubeconfig: string;
  readonly schedulerKubeconfig: string;
  readonly kwokKubeconfig: string;
}

/** What was generated for one sandbox, in memory. */
export interface SandboxSecrets {
  readonly caPem: string;
  readonly server: KeyAndCertificate;
  readonly admin: KeyAndCertificate;
  readonly controllerManager: KeyAndCertificate;
  readonly scheduler: KeyAndCertificate;
  readonly kwok: KeyAndCertificate;
}

/** The first address of the service range, which in-cluster clients would use. */
const kubernetesServiceAddress = '10.0.0.1';

export function nameSandboxFiles(dir: string): SandboxFiles {
  const at = (name: string): string => join(dir, name);
  return {
    dir,
    etcdData: at('etcd'),
    etcdSocket: at('etcd.sock'),
    etcdPeerSocket: at('peer.sock'),
    stages: at('stages.yaml'),
    caCertificate: at('ca.crt'),
    serverCertificate: at('apiserver.crt'),
    serverKey: at('apiserver.key'),
    adminCertificate: at('admin.crt'),
    adminKey: at('admin.key'),
    serviceAccountKey: at('service-account.key'),
    serviceAccountPublicKey: at('service-account.pub'),
    kubeconfig: at('kubeconfig'),
    controllerManagerKubeconfig: at('controller-manager.kubeconfig'),
    schedulerKubeconfig: at('scheduler.kubeconfig'),
    kwokKubeconfig: at('kwok.kubeconfig'),
  };
}

/**
 * Generates the authority and every certificate and writes what does not depend on the port.
 *
 * The controllers are in `system:masters`: they run with their own user names but without a service account each, which the
 * bootstrap roles would ask for.
 */
export async function writeSandboxSecrets(files: SandboxFiles, now: Date): Promise<SandboxSecrets> {
  const authority = createCertificateAuthority('helmgate-sandbox', now);
  const masters = ['system:masters'];
  const client = (commonName: string): KeyAndCertificate =>
    authority.issue({ commonName, organizations: masters, usage: 'client' });
  const secrets: SandboxSecrets = {
    caPem: authority.certificatePem,
    server: authority.issue({
      commonName: 'kube-apiserver',
      usage: 'server',
      hosts: [
        'localhost',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        '127.0.0.1',
        kubernetesServiceAddress,
      ],
    }),
    admin: client('sandbox-admin'),
    controllerManager: client('system:kube-controller-manager'),
    scheduler: client('system:kube-scheduler'),
    kwok: client('system:kwok'),
  };
  const serviceAccount = generateKeyPair();
  await Promise.all([
    writeOwn(files.caCertificate, secrets.caPem),
    writeOwn(files.serverCertificate, secrets.server.certificatePem),
    writeOwn(files.serverKey, secrets.server.privateKeyPem),
    writeOwn(files.adminCertificate, secrets.admin.certificatePem),
    writeOwn(files.adminKey, secrets.admin.privateKeyPem),
    writeOwn(files.serviceAccountKey, serviceAccount.privateKeyPem),
    writeOwn(files.serviceAccountPublicKey, serviceAccount.publicKeyPem),
    writeOwn(files.stages, renderStages(sandboxStages)),
  ]);
  return secrets;
}

/** Writes the kubeconfigs of the admin and the components for an API server at `url`. */
export async function writeKubeconfigs(
  files: SandboxFiles,
  secrets: SandboxSecrets,
  url: string,
  contextName: string,
): Promise<void> {
  const write = (file: string, who: KeyAndCertificate): Promise<void> =>
    writeOwn(file, renderKubeconfig({ name: contextName, server: url, caPem: secrets.caPem, ...who }));
  await Promise.all([
    write(files.kubeconfig, secrets.admin),
    write(files.controllerManagerKubeconfig, secrets.controllerManager),
    write(files.schedulerKubeconfig, secrets.scheduler),
    write(files.kwokKubeconfig, secrets.kwok),
  ]);
}

async function writeOwn(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
}
