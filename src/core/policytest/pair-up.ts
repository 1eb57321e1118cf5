/**
 * Gives each of the wanted things another one of the offered things that fits it, as many as can be (augmenting paths, Kuhn 1955): one that
 * fits several never takes the only one that fits another. For each wanted thing the index of what it got, or undefined.
 */
export function pairUp<W, O>(
  wanted: readonly W[],
  offered: readonly O[],
  fits: (want: W, offer: O) => boolean,
): readonly (number | undefined)[] {
  const ownerOf = new Map<number, number>();
  const place = (want: number, tried: Set<number>): boolean => {
    for (const [offer, thing] of offered.entries()) {
      if (tried.has(offer) || !fits(wanted[want] as W, thing)) continue;
      tried.add(offer);
      const owner = ownerOf.get(offer);
      if (owner !== undefined && !place(owner, tried)) continue;
      ownerOf.set(offer, want);
      return true;
    }
    return false;
  };
  for (const index of wanted.keys()) place(index, new Set());
  const got = new Map([...ownerOf].map(([offer, want]) => [want, offer]));
  return wanted.map((_, index) => got.get(index));
}
