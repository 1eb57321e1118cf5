import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { ValuesReference } from '../../../src/core/api/helm-release.ts';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { parseJson } from '../../../src/core/json/parse.ts';
import { digestValues } from '../../../src/core/release/config-digest.ts';
import { shortenReleaseName } from '../../../src/core/release/names.ts';
import { composeValues } from '../../../src/core/release/values.ts';

interface Row {
  readonly configMap: Record<string, string>;
  readonly secret: Record<string, string>;
  readonly valuesFrom: readonly ValuesReference[];
  readonly values: JsonObject;
  readonly result?: JsonObject;
  readonly configDigest?: string;
  readonly error?: string;
  readonly name?: string;
  readonly short?: string;
}

const file = new URL('../../fixtures/oracles/values-from.jsonl.gz', import.meta.url);
const rows: readonly Row[] = gunzipSync(readFileSync(file))
  .toString('utf8')
  .trimEnd()
  .split('\n')
  .map((line) => {
    const parsed = parseJson(line);
    assert.ok(parsed.ok);
    return parsed.value as unknown as Row;
  });
const plain = rows.filter(
  (row) => row.name === undefined && !row.valuesFrom.some((reference) => reference.targetPath),
);

describe('composed values', () => {
  it('agree with Flux on every row without a targetPath', () => {
    assert.ok(plain.length > 1_000, `only ${plain.length} rows`);
    for (const row of plain) {
      const composed = composeValues(row, 'ns', (kind, name) => {
        if (kind === 'ConfigMap' && name === 'cm') return row.configMap;
        return kind === 'Secret' && name === 'sec' ? row.secret : undefined;
      });
      const shown = JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
      assert.equal(composed.ok, row.error === undefined, shown);
      if (!composed.ok) continue;
      assert.deepEqual(asDoubles(composed.values), asDoubles(row.result ?? {}), shown);
      assert.equal(digestValues(composed.values), row.configDigest, shown);
    }
  });

  it('agree with Flux on names longer than helm allows', () => {
    const names = rows.filter((row) => row.name !== undefined);
    assert.ok(names.length > 0);
    for (const { name = '', short } of names) assert.equal(shortenReleaseName(name), short);
  });
});

function asDoubles(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, member) => (typeof member === 'bigint' ? Number(member) : member)),
  );
}
