import { isJsonObject, type Json } from '../json/json.ts';
import { renderScalar } from './render-scalar.ts';

/** How a flow collection is written. */
export interface FlowStyle {
  /** What stands inside the braces of a mapping: a blank or nothing. */
  readonly pad: string;
  readonly colon: string;
  readonly comma: string;
  readonly place: 'flow' | 'json';
  readonly quote: '"' | "'";
}

/** Lines of JSON: what stands before the collection on its line, what one level adds, and the line break. */
export interface Lines {
  readonly indent: string;
  readonly level: string;
  readonly lineBreak: string;
}

/** A value in flow style; on one line, or, with `lines`, as JSON that has each member on its own. */
export function renderFlow(value: Json, style: FlowStyle, lines?: Lines): string {
  if (isJsonObject(value)) {
    const inner = lines === undefined ? undefined : deeper(lines);
    const members = Object.entries(value).flatMap(([key, member]) =>
      member === undefined ? [] : [renderMember(key, member, style, inner)],
    );
    return enclose('{', members, '}', style.pad, style, lines);
  }
  if (Array.isArray(value)) {
    const inner = lines === undefined ? undefined : deeper(lines);
    const items = (value as readonly Json[]).map((item) => renderFlow(item, style, inner));
    return enclose('[', items, ']', '', style, lines);
  }
  return renderScalar(value, style.place, style.quote);
}

/** `key: value`; `lines` is where the member itself stands. */
export function renderMember(key: string, value: Json, style: FlowStyle, lines?: Lines): string {
  return `${renderScalar(key, style.place, style.quote)}${style.colon}${renderFlow(value, style, lines)}`;
}

function enclose(
  open: string,
  parts: readonly string[],
  close: string,
  pad: string,
  { comma }: FlowStyle,
  lines: Lines | undefined,
): string {
  if (parts.length === 0) return open + close;
  if (lines === undefined) return open + pad + parts.join(comma) + pad + close;
  const { lineBreak, indent } = lines;
  const inner = deeper(lines).indent;
  return `${open}${lineBreak}${parts.map((part) => inner + part).join(`,${lineBreak}`)}${lineBreak}${indent}${close}`;
}

function deeper(lines: Lines): Lines {
  return { ...lines, indent: lines.indent + lines.level };
}
