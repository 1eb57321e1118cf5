import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FLUX_DURATION, formatDuration, parseDuration } from '../../src/core/duration.ts';

describe('a Go duration', () => {
  const table: readonly (readonly [text: string, ms: number, printed: string])[] = [
    ['0', 0, '0s'],
    ['0s', 0, '0s'],
    ['5m', 300_000, '5m0s'],
    ['1h30m', 5_400_000, '1h30m0s'],
    ['90m', 5_400_000, '1h30m0s'],
    ['1.5s', 1500, '1.5s'],
    ['250ms', 250, '250ms'],
    ['1.25ms', 1.25, '1.25ms'],
    ['10us', 0.01, '10\u00b5s'],
    ['7ns', 0.000007, '7ns'],
    ['-2m', -120_000, '-2m0s'],
    ['+3s', 3000, '3s'],
    ['.5h', 1_800_000, '30m0s'],
    ['1.h', 3_600_000, '1h0m0s'],
    ['1s1s', 2000, '2s'],
    ['25h', 90_000_000, '25h0m0s'],
  ];
  for (const [text, ms, printed] of table) {
    it(`reads ${text} as ${ms} ms and prints it as ${printed}`, () => {
      assert.equal(parseDuration(text), ms);
      assert.equal(formatDuration(ms), printed);
    });
  }

  for (const text of ['', 's', '1', '1d', '1 s', '1m 3s', '--1s', '1.s.', '.s', '3000000h', '1e3s', '1S']) {
    it(`is not '${text}'`, () => assert.equal(parseDuration(text), undefined));
  }

  it('reads back what it prints', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 12 }), (ms) => {
        assert.equal(parseDuration(formatDuration(ms)), ms);
      }),
    );
  });

  it("is narrower in Flux's schemas: no sign, no bare zero, no days", () => {
    assert.deepEqual(
      ['5m', '1h30m', '1.5s', '0s', '0', '-1s', '1d', '1us', '.5s'].map((text) => FLUX_DURATION.test(text)),
      [true, true, true, true, false, false, false, false, false],
    );
  });
});
