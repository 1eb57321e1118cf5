import { textOfKey } from '../release/values-scalar.ts';

/**
 * The text of a mapping's key as JSON has it, from what the key's scalar stands for: go-yaml reads `on` as the key "true" and `1` as "1".
 * Undefined for what can be no key: null, and integers beyond 64 bits.
 */
export function keyText(key: unknown): string | undefined {
  switch (typeof key) {
    case 'string':
      return key;
    case 'boolean':
      return String(key);
    case 'bigint':
      return textOfKey({ kind: 'int', value: key });
    case 'number':
      return textOfKey({ kind: 'float', value: key });
    default:
      return undefined;
  }
}
