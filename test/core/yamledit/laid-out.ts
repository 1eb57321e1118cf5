/** YAML as people write it: one value in many layouts, chosen by a seed. Comments are numbered, so that each can be found again. */
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';
import { isJsonObject } from '../../../src/core/json/json.ts';
import { renderScalar } from '../../../src/core/yamledit/render-scalar.ts';

export interface LaidOut {
  readonly text: string;
  /** How many comments were written: `#c0`, `#c1`, ... */
  readonly comments: number;
  readonly crlf: boolean;
}

export interface LayoutChoices {
  readonly seed: number;
  /** Chance of a collection to be written in flow style, 0 to 1. */
  readonly flow: number;
  readonly comments: number;
  readonly crlf: boolean;
  readonly finalBreak: boolean;
  readonly step: 2 | 3 | 4;
  readonly itemOffset: 0 | 2;
}

export const layoutChoices: fc.Arbitrary<LayoutChoices> = fc.record({
  seed: fc.nat(),
  flow: fc.constantFrom(0, 0.2, 0.6),
  comments: fc.constantFrom(0, 0.2, 0.5),
  crlf: fc.boolean(),
  finalBreak: fc.boolean(),
  step: fc.constantFrom(2, 3, 4),
  itemOffset: fc.constantFrom(0, 2),
});

/** Writes documents one after the other. Aliases are not made here: a test that wants them writes them. */
export function layOut(documents: readonly Json[], choices: LayoutChoices): LaidOut {
  const writer = new Writer(choices);
  const text = documents.map((value, index) => writer.document(value, index)).join('');
  const cut = choices.finalBreak ? text : text.replace(/\n+$/, '');
  return {
    text: choices.crlf ? cut.replaceAll('\n', '\r\n') : cut,
    comments: writer.comments,
    crlf: choices.crlf,
  };
}

class Writer {
  comments = 0;
  #state: number;
  readonly #choices: LayoutChoices;

  constructor(choices: LayoutChoices) {
    this.#choices = choices;
    this.#state = choices.seed;
  }

  document(value: Json, index: number): string {
    const mark = index > 0 || this.#chance(0.3) ? `---${this.#behind()}\n` : '';
    const inner = this.#isFlow(value) ? `${this.#flow(value, '')}${this.#behind()}\n` : this.#block(value, 0);
    return `${mark}${this.#above(0)}${inner}${this.#above(0)}`;
  }

  /** mulberry32 */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  #chance(of: number): boolean {
    return this.#random() < of;
  }

  /** A comment at the end of a line. */
  #behind(): string {
    return this.#chance(this.#choices.comments)
      ? `${' '.repeat(1 + Math.floor(this.#random() * 3))}${this.#comment()}`
      : '';
  }

  /** Lines of comments and blank lines. */
  #above(indent: number): string {
    const blank = this.#chance(this.#choices.comments / 3) ? '\n' : '';
    return blank + (this.#chance(this.#choices.comments) ? `${' '.repeat(indent)}${this.#comment()}\n` : '');
  }

  #comment(): string {
    this.comments += 1;
    return `#c${this.comments - 1}.`;
  }

  #isFlow(value: Json): boolean {
    if (Array.isArray(value)) return value.length === 0 || this.#chance(this.#choices.flow);
    if (isJsonObject(value)) return Object.keys(value).length === 0 || this.#chance(this.#choices.flow);
    return false;
  }

  #block(value: Json, indent: number): string {
    const pad = ' '.repeat(indent);
    if (Array.isArray(value)) {
      return (value as readonly Json[])
        .map((item) => `${this.#above(indent)}${pad}-${this.#after(item, indent, true)}`)
        .join('');
    }
    return Object.entries(value as JsonObject)
      .map(([key, member]) => {
        const name = this.#chance(0.1) ? JSON.stringify(key) : renderScalar(key, 'block', "'");
        return `${this.#above(indent)}${pad}${name}:${this.#after(member ?? null, indent, false)}`;
      })
      .join('');
  }

  /** What follows a colon or a dash. */
  #after(value: Json, indent: number, isItem: boolean): string {
    const step = isItem ? 2 : this.#choices.step;
    const anchor = this.#chance(0.05) ? ` &x${Math.floor(this.#random() * 1e6)}` : '';
    if (value === null && anchor === '' && this.#chance(0.5)) return `${this.#behind()}\n`;
    if (this.#isFlow(value))
      return `${anchor} ${this.#flow(value, ' '.repeat(indent + step))}${this.#behind()}\n`;
    if (Array.isArray(value)) {
      const deeper = isItem ? 2 : this.#choices.itemOffset;
      return `${anchor}${this.#behind()}\n${this.#block(value, indent + deeper)}`;
    }
    if (isJsonObject(value)) {
      const inner = this.#block(value, indent + step);
      const compact =
        isItem &&
        anchor === '' &&
        inner.startsWith(' '.repeat(indent + 2)) &&
        inner[indent + 2] !== ' ' &&
        inner[indent + 2] !== '#';
      if (compact && this.#chance(0.7)) return ` ${inner.slice(indent + 2)}`;
      return `${anchor}${this.#behind()}\n${inner}`;
    }
    if (typeof value === 'string' && this.#chance(0.2) && /^[a-z][a-z\n]*[a-z]$/.test(value)) {
      const lines = value.split('\n').map((line) => (line === '' ? '' : ' '.repeat(indent + step) + line));
      return `${anchor} |-${this.#behind()}\n${lines.join('\n')}\n`;
    }
    return `${anchor} ${this.#scalar(value, 'block')}${this.#behind()}\n`;
  }

  #scalar(value: Json, place: 'block' | 'flow'): string {
    if (typeof value !== 'string') return renderScalar(value, place, '"');
    const style = (['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE'] as const)[Math.floor(this.#random() * 3)];
    return renderScalar(value, place, this.#chance(0.5) ? '"' : "'", style);
  }

  /** `pad` is what lines of a flow collection over several lines begin with. */
  #flow(value: Json, pad: string): string {
    if (!Array.isArray(value) && !isJsonObject(value)) return this.#scalar(value, 'flow');
    const isList = Array.isArray(value);
    const members = isList
      ? (value as readonly Json[]).map((item) => this.#flow(item, `${pad}  `))
      : Object.entries(value as JsonObject).map(
          ([key, member]) => `${renderScalar(key, 'flow', "'")}: ${this.#flow(member ?? null, `${pad}  `)}`,
        );
    const [open, close] = isList ? ['[', ']'] : ['{', '}'];
    if (members.length === 0) return this.#chance(0.2) ? `${open} ${close}` : open + close;
    const trailing = this.#chance(0.2) ? ',' : '';
    if (this.#chance(0.4)) {
      const inner = members.map(
        (member, index) =>
          `${pad}  ${member}${index < members.length - 1 ? ',' : trailing}${this.#behind()}\n`,
      );
      return `${open}${this.#behind()}\n${inner.join('')}${pad}${close}`;
    }
    const space = !isList && this.#chance(0.4) ? ' ' : '';
    return `${open}${space}${members.join(this.#chance(0.8) ? ', ' : ',')}${trailing}${space}${close}`;
  }
}
