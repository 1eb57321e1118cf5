import { RE2JS } from 're2js';
import type { WorkMeter } from './work-meter.ts';

/** The call itself, for texts that are short, in characters. */
const CALL = 64;

/**
 * A pattern as ajv wants it, matched by RE2 in linear time: its instructions times the characters of the text are charged to a meter.
 *
 * ajv keeps one compiled pattern for each text that `toString` gives, so this must be the pattern's own: an object without it would
 * stand for every other pattern of the schema.
 */
export class MeteredPattern {
  readonly #pattern: RE2JS;
  readonly #meter: WorkMeter;
  readonly #size: number;

  constructor(pattern: string, meter: WorkMeter) {
    this.#pattern = RE2JS.compile(pattern);
    this.#meter = meter;
    this.#size = this.#pattern.programSize();
  }

  test(text: string): boolean {
    this.#meter.charge((text.length + CALL) * this.#size);
    return this.#pattern.test(text);
  }

  toString(): string {
    return this.#pattern.pattern();
  }
}
