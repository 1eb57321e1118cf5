/** Time and chance, as arguments: tests give their own. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
}

/** RFC 3339 in whole seconds, as Kubernetes writes `metav1.Time`. */
export function kubeTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Spreads an interval by up to ±5 % (Flux's `--interval-jitter-percentage`), so that equal intervals drift apart. */
export function jittered(intervalMs: number, random: number): number {
  return intervalMs * (0.95 + 0.1 * random);
}
