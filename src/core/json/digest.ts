import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './canonical.ts';
import type { Json } from './json.ts';

/** `sha256:<hex>` of a text's UTF-8 bytes. */
export function digestOfText(text: string): string {
  return `sha256:${bytesToHex(sha256(utf8ToBytes(text)))}`;
}

/** `sha256:<hex>` of a value's canonical JSON. */
export function digestOfJson(value: Json): string {
  return digestOfText(canonicalJson(value));
}
