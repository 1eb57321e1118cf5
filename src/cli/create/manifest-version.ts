import { invalidArgument } from './create-error.ts';

/** API versions of one manifest set: what Flux serves today, or what its older documentation prints. */
export interface ManifestVersion {
  readonly helmRelease: string;
  readonly source: string;
}

const CURRENT: ManifestVersion = {
  helmRelease: 'helm.toolkit.fluxcd.io/v2',
  source: 'source.toolkit.fluxcd.io/v1',
};

const OLDER: ManifestVersion = {
  helmRelease: 'helm.toolkit.fluxcd.io/v2beta1',
  source: 'source.toolkit.fluxcd.io/v1beta2',
};

/** `--api-version`: the HelmRelease's version stands for both kinds. Throws a CreateError on any other text. */
export function manifestVersion(text: string): ManifestVersion {
  if (text === 'v2') return CURRENT;
  if (text === 'v2beta1') return OLDER;
  throw invalidArgument('api-version', text, 'must be one of: v2 (source v1), v2beta1 (source v1beta2)');
}
