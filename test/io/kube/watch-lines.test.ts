import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { WatchLineTooLong, watchLines } from '../../../src/io/kube/watch-lines.ts';

async function linesOf(chunks: readonly Buffer[], maxBytes: number): Promise<string[]> {
  return Array.fromAsync(watchLines(Readable.from(chunks), maxBytes));
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...sorted, bytes.length].map((end, index) =>
    bytes.subarray(index === 0 ? 0 : sorted[index - 1], end),
  );
}

test('gives the same lines wherever the stream is cut, also within a character', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((line) => !line.includes('\n'))),
      fc.array(fc.nat()),
      async (lines, places) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        assert.deepEqual(await linesOf(cut(bytes, places), 10_000), lines);
      },
    ),
  );
});

test('drops a last line that has no end', async () => {
  assert.deepEqual(await linesOf([Buffer.from('{"a":1}\n{"b":')], 100), ['{"a":1}']);
});

for (const chunks of [
  ['x'.repeat(11)],
  ['x'.repeat(6), 'x'.repeat(5)],
  [`${'x'.repeat(11)}\n`],
  ['x'.repeat(9), 'xx\n'],
]) {
  test(`refuses a line over the limit in chunks of ${chunks.map((chunk) => chunk.length).join(' and ')}`, async () => {
    await assert.rejects(
      linesOf(
        chunks.map((chunk) => Buffer.from(chunk)),
        10,
      ),
      WatchLineTooLong,
    );
  });
}

test('takes a line of exactly the limit', async () => {
  assert.deepEqual(await linesOf([Buffer.from('xxxxx'), Buffer.from('xxxxx\n')], 10), ['x'.repeat(10)]);
});
