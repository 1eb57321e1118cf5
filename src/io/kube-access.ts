/** How to reach and speak to one API server: what a kubeconfig context or a pod's service account says. */
export interface KubeAccess {
  /** `https://host:port`, perhaps with a base path, never with a slash at the end. */
  readonly server: string;
  /** PEM of the CA bundle; the system's CAs when absent. */
  readonly ca?: string;
  /** PEM of the client certificate and its key; both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** Name that the server's certificate must carry, when it isn't the host of `server`. */
  readonly tlsServerName?: string;
  /** True only when the user's own kubeconfig says `insecure-skip-tls-verify`. */
  readonly insecureSkipTlsVerify: boolean;
  /** Whom to act as (`Impersonate-User`); never the empty string. */
  readonly impersonateUser?: string;
  /** Namespace of the context, `default` when it names none. */
  readonly namespace: string;
  /** The bearer token of now, if the identity has one; re-read because tokens rotate. */
  token(): Promise<string | undefined>;
}
