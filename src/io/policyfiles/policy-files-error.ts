/** Why a policy folder could not be read; nothing of it is used then. */
export class PolicyFilesError extends Error {
  override readonly name = 'PolicyFilesError';
}
