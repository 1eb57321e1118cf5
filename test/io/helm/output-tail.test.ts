import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createOutputTail } from '../../../src/io/helm/output-tail.ts';

function tailOf(...chunks: string[]): string {
  const tail = createOutputTail();
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail.text();
}

test('keeps all of a short output, and the end of a long one with the number of bytes cut', () => {
  assert.equal(tailOf('one\n', 'two\r\n'), 'one\ntwo\n');
  const long = tailOf('x'.repeat(1_000_000), 'the error');
  assert.ok(long.startsWith(`[${1_000_009 - 65_536} bytes cut]\nxxx`));
  assert.ok(long.endsWith('xxthe error'));
  assert.ok(long.length < 66_000);
});

test('counts everything that went through it', () => {
  const tail = createOutputTail();
  for (let index = 0; index < 100; index += 1) tail.push(Buffer.alloc(100_000, 'y'));
  assert.equal(tail.seenBytes, 10_000_000);
});

test('drops colours, titles and every control character but line ends and tabs', () => {
  assert.equal(
    tailOf('\u001b[31mred\u001b[0m\ttab\u0007\u0000\u009b\u001b]0;title\u0007 end\u202e'),
    'red\ttab end',
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(tailOf(text)),
    ),
  );
});
