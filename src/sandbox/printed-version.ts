/**
 * The first semantic version in what a tool prints about itself, with a leading `v`; undefined when there is none.
 *
 * Go's own version (`go1.26.8`) is not taken for it: a version starts after a blank, a quote, a colon or `v`, or at the start.
 */
export function findPrintedVersion(output: string): string | undefined {
  const found = /(?:^|[\s":])v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)(?=$|[\s",;)])/m.exec(
    output,
  );
  return found?.[1] === undefined ? undefined : `v${found[1]}`;
}

/** Whether what a tool printed names exactly the wanted version: another patch level, a pre-release or a fork is no match. */
export function printsVersion(output: string, wanted: string): boolean {
  return findPrintedVersion(output) === wanted;
}
