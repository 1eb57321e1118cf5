/** The largest number that a version can hold: the Go library stores each as `uint64`. */
export const MAX_UINT64: bigint = 0xffff_ffff_ffff_ffffn;

/** 20 digits is the length of the largest `uint64`; leading zeros are dropped before counting. */
const MAX_UINT64_DIGITS = 20;

/** Reads decimal digits as an unsigned 64-bit number; undefined when other characters occur or it is too large. */
export function parseUint64(digits: string): bigint | undefined {
  if (!/^[0-9]+$/.test(digits)) return undefined;
  const significant = digits.replace(/^0+(?=[0-9])/, '');
  if (significant.length > MAX_UINT64_DIGITS) return undefined;
  const value = BigInt(significant);
  return value > MAX_UINT64 ? undefined : value;
}
