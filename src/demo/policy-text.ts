/** What the demo's policy set says; the chart repository's address is only known when it runs. */
export interface DemoPolicy {
  readonly url: string;
  readonly retries: number;
}

/** The demo's policy file, as a platform team would keep it in git. */
export function policyText({ url, retries }: DemoPolicy): string {
  return `# What may be released in the demo's namespace.
apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata:
  name: demo
spec:
  match:
    namespaces:
      names: [demo]
  enforcement: Deny
  rules:
    - id: sources
      allowedSources:
        - url: ${url}
    - id: flagger-1x
      chartVersion:
        charts:
          - name: flagger
        within: ">=1.28.0 <2.0.0"
        wider: Narrow
    - id: remediation
      defaults:
        HelmRelease:
          spec.timeout: 5s
          spec.install.remediation.retries: ${retries}
          spec.upgrade.remediation.retries: ${retries}
        HelmRepository:
          spec.timeout: 30s
`;
}
