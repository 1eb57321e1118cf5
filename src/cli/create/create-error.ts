/** What the user has to change; the message is printed as it is, without a stack, and the exit code is 1. */
export class CreateError extends Error {
  override readonly name = 'CreateError';
}

/** An error about the value of one flag, in the words of flux. */
export function invalidArgument(flag: string, value: string, reason: string): CreateError {
  return new CreateError(`invalid argument ${JSON.stringify(value)} for "--${flag}" flag: ${reason}`);
}
