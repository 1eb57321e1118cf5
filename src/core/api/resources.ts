import type { Resource } from './kube-object.ts';

/** The API groups whose kinds Helmgate judges (Flux's own, so that manifests move between the two unchanged). */
export const HELM_GROUP = 'helm.toolkit.fluxcd.io';
export const SOURCE_GROUP = 'source.toolkit.fluxcd.io';

const namespaced = (group: string, version: string, plural: string, kind: string): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced: true,
});

export const HELM_RELEASE: Resource = namespaced(HELM_GROUP, 'v2', 'helmreleases', 'HelmRelease');
export const HELM_REPOSITORY: Resource = namespaced(SOURCE_GROUP, 'v1', 'helmrepositories', 'HelmRepository');
export const HELM_CHART: Resource = namespaced(SOURCE_GROUP, 'v1', 'helmcharts', 'HelmChart');
export const OCI_REPOSITORY: Resource = namespaced(SOURCE_GROUP, 'v1', 'ocirepositories', 'OCIRepository');
export const GIT_REPOSITORY: Resource = namespaced(SOURCE_GROUP, 'v1', 'gitrepositories', 'GitRepository');
export const BUCKET: Resource = namespaced(SOURCE_GROUP, 'v1', 'buckets', 'Bucket');
export const EXTERNAL_ARTIFACT: Resource = namespaced(
  SOURCE_GROUP,
  'v1',
  'externalartifacts',
  'ExternalArtifact',
);
export const SECRET: Resource = namespaced('', 'v1', 'secrets', 'Secret');
export const CONFIG_MAP: Resource = namespaced('', 'v1', 'configmaps', 'ConfigMap');
export const NAMESPACE: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};
