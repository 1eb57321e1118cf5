import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatInstant, parseInstant } from '../../../src/core/policy/instant.ts';

describe('a moment in a policy', () => {
  const good: readonly (readonly [text: string, utc: string])[] = [
    ['2026-12-01', '2026-12-01T00:00:00Z'],
    ['2026-12-01T00:00:00Z', '2026-12-01T00:00:00Z'],
    ['2026-12-01t08:30:00z', '2026-12-01T08:30:00Z'],
    ['2026-12-01T00:00:00+02:00', '2026-11-30T22:00:00Z'],
    ['2026-12-01T00:00:00.250Z', '2026-12-01T00:00:00.250Z'],
    ['2028-02-29', '2028-02-29T00:00:00Z'],
    ['0001-01-01', '0001-01-01T00:00:00Z'],
    ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'],
  ];
  for (const [text, utc] of good) {
    it(`${text} is ${utc}`, () => {
      const ms = parseInstant(text);
      assert.ok(ms !== undefined);
      assert.equal(formatInstant(ms), utc);
    });
  }

  const bad = [
    '',
    '2026',
    '2026-12',
    '2026-2-1',
    '2026-02-30',
    '2027-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-12-00',
    '2026-12-01 00:00:00Z',
    '2026-12-01T00:00Z',
    '2026-12-01T00:00:00',
    '2026-12-01T24:00:00Z',
    '2026-12-01T23:60:00Z',
    '2026-12-01T23:59:60Z',
    '2026-12-01T00:00:00+24:00',
    '2026-12-01T00:00:00.Z',
    '+002026-12-01',
    ' 2026-12-01',
    '2026-12-01\n',
    '٢٠٢٦-١٢-٠١',
    'tomorrow',
  ];
  for (const text of bad) {
    it(`${JSON.stringify(text)} is none`, () => {
      assert.equal(parseInstant(text), undefined);
    });
  }

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
        assert.equal(parseInstant(formatInstant(date.getTime())), date.getTime());
      }),
    );
  });
});
