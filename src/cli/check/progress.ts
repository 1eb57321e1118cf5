import type { Writable } from 'node:stream';
import type { OnProgress } from './check-manifests.ts';

/** Below this a run is over before anybody could read what it says. */
const MIN_STEPS = 200;
/** A line for each of this many steps is often enough to be seen moving. */
const EVERY = 50;

/** Writes how far a long run is on one line of a terminal, again and again; nothing when the stream is no terminal. */
export function progressOn(stream: Writable): { readonly tell: OnProgress; end(): void } {
  const terminal = (stream as Writable & { readonly isTTY?: boolean }).isTTY === true;
  let written = false;
  return {
    tell(doing, done, all) {
      if (!terminal || all < MIN_STEPS || done % EVERY !== 0) return;
      stream.write(`\r\u001b[K${doing} ${done} of ${all}`);
      written = true;
    },
    end() {
      if (written) stream.write('\r\u001b[K');
    },
  };
}
