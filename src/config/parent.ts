/**
 * The parent whose end ends this process too: the one named in `HELMGATE_PARENT` by a process of Helmgate's own (which may be
 * gone before this one has looked for the first time), else, under `npm run` and `npx`, the present one. Undefined elsewhere:
 * a process may outlive its shell.
 */
export function parentToWatch(
  env: Readonly<Record<string, string | undefined>>,
  presentParent: number,
): number | undefined {
  const named = env['HELMGATE_PARENT'];
  if (named !== undefined && /^[1-9]\d{0,9}$/.test(named)) return Number(named);
  return env['npm_lifecycle_event'] === undefined ? undefined : presentParent;
}
