import { type GoYamlScalar, resolveGoYamlScalar } from '../json/go-yaml-resolve.ts';

export type GoScalar = GoYamlScalar;

const TAG_PREFIX = 'tag:yaml.org,2002:';
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/**
 * What go-yaml v2 makes of a scalar. A quoted one is text; a tag of YAML's own has to fit the value (else undefined);
 * any other tag leaves the text as it is.
 */
export function scalarOf(plain: boolean, tag: string | undefined, text: string): GoScalar | undefined {
  if (tag === undefined || tag === '') return plain ? resolveGoYamlScalar(text) : asText(text);
  if (!tag.startsWith(TAG_PREFIX)) return asText(text);
  const name = tag.slice(TAG_PREFIX.length);
  if (name === 'str') return asText(text);
  if (name === 'binary') return binary(text);
  const scalar = resolveGoYamlScalar(text);
  if (name === 'float' && scalar.kind === 'int') return { kind: 'float', value: Number(scalar.value) };
  if (['int', 'float', 'bool', 'null', 'timestamp'].includes(name)) {
    return scalar.kind === name ? scalar : undefined;
  }
  return asText(text);
}

/** The text that a scalar has as a JSON key (sigs.k8s.io/yaml); undefined when it can be none. */
export function textOfKey(key: GoScalar): string | undefined {
  switch (key.kind) {
    case 'string':
    case 'timestamp':
      return key.value;
    case 'bool':
      return String(key.value);
    case 'int':
      return key.value >= MIN_INT64 && key.value <= MAX_INT64 ? key.value.toString() : undefined;
    case 'float':
      return floatKey(key.value);
    case 'null':
      return undefined;
  }
}

function asText(value: string): GoScalar {
  return { kind: 'string', value };
}

function binary(text: string): GoScalar | undefined {
  const compact = text.replace(/[\r\n]/g, '');
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(compact)) return undefined;
  const bytes = Uint8Array.from(atob(compact), (char) => char.charCodeAt(0));
  return asText(new TextDecoder().decode(bytes));
}

/** Go's `strconv.FormatFloat(f, 'g', -1, 32)`: the fewest digits that a float32 needs, an exponent outside 10^-4 to 10^6. */
function floatKey(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  const narrow = Math.fround(value);
  if (!Number.isFinite(narrow)) return narrow > 0 ? '.inf' : '-.inf';
  if (narrow === 0) return Object.is(narrow, -0) ? '-0' : '0';
  let precision = 1;
  while (precision < 9 && Math.fround(Number(narrow.toPrecision(precision))) !== narrow) precision += 1;
  const [mantissa = '0', exponent = '0'] = narrow.toExponential(precision - 1).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(narrow.toPrecision(precision)));
  const digits = Math.abs(power).toString().padStart(2, '0');
  return `${mantissa}e${power < 0 ? '-' : '+'}${digits}`;
}
