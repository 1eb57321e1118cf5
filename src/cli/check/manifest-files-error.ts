/** Why a run cannot read its manifests at all: there are too many, or a command needs every one of them. */
export class ManifestFilesError extends Error {
  override readonly name = 'ManifestFilesError';
}
