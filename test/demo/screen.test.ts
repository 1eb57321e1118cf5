import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { describe, it } from 'node:test';
import { Screen, type ScreenOutput } from '../../src/demo/screen.ts';

function screenOf(terminal: { readonly isTTY?: boolean; readonly columns?: number }): {
  readonly screen: Screen;
  readonly written: () => string;
} {
  const out: ScreenOutput = Object.assign(new PassThrough(), terminal);
  return { screen: new Screen(out, () => 0), written: () => String((out as PassThrough).read() ?? '') };
}

describe('the screen of the demo', () => {
  it('on a terminal shows a wait in one line that fits and erases it before the next one', () => {
    const { screen, written } = screenOf({ isTTY: true, columns: 40 });
    screen.waiting('a release with a rather long name is Ready', 3.7, 60);
    const shown = written();
    assert.equal(shown.length, 39);
    assert.match(shown, /^ {3}\.\. 3 s, until a release/);
    screen.line('next');
    assert.equal(written(), '\r\x1b[Knext\n');
    screen.line('last');
    assert.equal(written(), 'last\n');
  });

  it('without a terminal tells of a wait once, in a line of its own, when it has lasted 5 s', () => {
    const { screen, written } = screenOf({});
    screen.waiting('it is Ready', 4.9, 60);
    assert.equal(written(), '');
    for (const elapsed of [5, 6, 7]) screen.waiting('it is Ready', elapsed, 60);
    assert.equal(written(), '   .. waiting until it is Ready (60 s at most)\n');
  });

  it('counts expectations for each step and keeps blank lines of an output blank', () => {
    let nowMs = 0;
    const out = new PassThrough();
    const screen = new Screen(out, () => nowMs);
    screen.step('one');
    screen.holds('a');
    screen.holds('b');
    nowMs = 1500;
    screen.step('two');
    screen.output('x\n\ny\n');
    screen.output('');
    nowMs = 2000;
    assert.deepEqual(screen.summary(), [
      { title: 'one', seconds: 1.5, checks: 2 },
      { title: 'two', seconds: 0.5, checks: 0 },
    ]);
    assert.equal(String(out.read()), '\n== 1. one\n   ok a\n   ok b\n\n== 2. two\n     x\n\n     y\n');
  });
});
