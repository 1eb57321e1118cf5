export interface KubeconfigInput {
  readonly name: string;
  readonly server: string;
  readonly caPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/**
 * A kubeconfig with everything inline, so that the one file can be copied, written as JSON (which every reader of the
 * YAML takes): one cluster, one user with a client certificate, one current context.
 */
export function renderKubeconfig(input: KubeconfigInput): string {
  const base64 = (pem: string): string => Buffer.from(pem, 'utf8').toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': input.name,
    clusters: [
      {
        name: input.name,
        cluster: { server: input.server, 'certificate-authority-data': base64(input.caPem) },
      },
    ],
    users: [
      {
        name: input.name,
        user: {
          'client-certificate-data': base64(input.certificatePem),
          'client-key-data': base64(input.privateKeyPem),
        },
      },
    ],
    contexts: [{ name: input.name, context: { cluster: input.name, user: input.name } }],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
