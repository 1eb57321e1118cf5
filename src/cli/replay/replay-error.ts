/** What is to be judged again cannot be read, or says nothing; the message says why. */
export class ReplayError extends Error {
  override readonly name = 'ReplayError';
}
