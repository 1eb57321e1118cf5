/** Exit codes of every command (policy.md, Commands). */
export const EXIT_OK = 0;
/** Something was denied, does not match, or failed. */
export const EXIT_FAILED = 1;
/** The command line or an input could not be understood, or a command that answers with 1 failed in a way that nobody foresaw. */
export const EXIT_USAGE = 2;
/** The policy set is invalid. */
export const EXIT_POLICY = 3;
