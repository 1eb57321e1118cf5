import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { goDurationToMs, normaliseGoDuration } from '../../src/cli/create/go-duration.ts';

/** Rows `[text, printed]` from Go's time package; null where Go refuses, `below ms` where only the API does. */
const rows = readFileSync(new URL('../fixtures/flux-create/go-durations.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as readonly [string, string | null]);

describe('normaliseGoDuration', () => {
  it('agrees with Go on every row: what is a duration, and how it is printed', () => {
    assert.ok(rows.length > 400);
    for (const [text, printed] of rows) {
      if (printed === null || printed === 'below ms') {
        assert.throws(() => normaliseGoDuration('interval', text), /"--interval" flag/, text);
      } else {
        assert.equal(normaliseGoDuration('interval', text), printed, text);
      }
    }
  });

  it('prints what it reads back as the same', () => {
    for (const [, printed] of rows) {
      if (printed === null || printed === 'below ms') continue;
      assert.equal(normaliseGoDuration('interval', printed), printed);
    }
  });
});

describe('goDurationToMs', () => {
  it('gives whole milliseconds', () => {
    assert.equal(goDurationToMs('timeout', '1m30.5s'), 90_500);
  });
});
