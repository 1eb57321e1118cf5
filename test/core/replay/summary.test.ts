import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Change } from '../../../src/core/replay/compare.ts';
import { type ChangeGroup, Summarizer } from '../../../src/core/replay/summary.ts';
import { findingOf, rowOf } from './fixture.ts';

const row = (namespace: string, name: string) => rowOf({ namespace, name });
const groupsOf = ({ summary }: Summarizer): readonly ChangeGroup[] => [...summary.groups.values()];
const changed = (...rules: readonly string[]): Change => ({
  kind: 'NewlyMutated',
  rules: rules.map((rule) => ({ policy: 'p', rule })),
  paths: ['/spec/a', '/spec/b'],
});

describe('summing changes up', () => {
  it('counts rows by what becomes of them, and those that cannot be judged by why', () => {
    const summarizer = new Summarizer();
    const changes: readonly Change[] = [
      { kind: 'Same' },
      { kind: 'Same' },
      { kind: 'NewlyDenied', findings: [findingOf()] },
      { kind: 'NewlyAllowed', rules: [{ policy: 'p', rule: 'r' }] },
      changed('d'),
      { kind: 'Unknown', why: 'gone' },
    ];
    for (const change of changes) summarizer.add(row('a', 'one'), change);
    summarizer.leaveOut('gone');
    summarizer.leaveOut('broken');
    const { replayed, same, newlyDenied, newlyAllowed, newlyMutated, unknown } = summarizer.summary;
    assert.deepEqual(
      { replayed, same, newlyDenied, newlyAllowed, newlyMutated },
      { replayed: 5, same: 2, newlyDenied: 1, newlyAllowed: 1, newlyMutated: 1 },
    );
    assert.deepEqual(
      [...unknown],
      [
        ['gone', 2],
        ['broken', 1],
      ],
    );
    assert.deepEqual(
      groupsOf(summarizer).map(({ kind, message }) => [kind, message]),
      [
        ['NewlyDenied', 'no'],
        ['NewlyAllowed', ''],
        ['NewlyMutated', '/spec/a, /spec/b'],
      ],
    );
  });

  it('groups by kind of change, namespace and rule, and says of each what was said first', () => {
    const summarizer = new Summarizer();
    const findings = [
      findingOf({ message: 'first' }),
      findingOf({ message: 'again' }),
      findingOf({ rule: 's', message: 'other' }),
    ];
    summarizer.add(row('a', 'one'), { kind: 'NewlyDenied', findings });
    summarizer.add(row('a', 'two'), { kind: 'NewlyDenied', findings: [findingOf({ message: 'later' })] });
    summarizer.add(row('b', 'one'), { kind: 'NewlyDenied', findings: [findingOf({ policy: 'q' })] });
    const group = { kind: 'NewlyDenied', namespace: 'a', policy: 'p' };
    const one = 'HelmRelease a/one';
    assert.deepEqual(groupsOf(summarizer), [
      { ...group, rule: 'r', rows: 2, objects: 2, examples: [one, 'HelmRelease a/two'], message: 'first' },
      { ...group, rule: 's', rows: 1, objects: 1, examples: [one], message: 'other' },
      {
        ...group,
        ...{ namespace: 'b', policy: 'q', rule: 'r', rows: 1, objects: 1 },
        ...{ examples: ['HelmRelease b/one'], message: 'no' },
      },
    ]);
  });

  for (const change of [
    { kind: 'NewlyDenied', findings: [] },
    { kind: 'NewlyAllowed', rules: [] },
    { kind: 'NewlyMutated', rules: [], paths: [] },
  ] as const) {
    it(`lists what is ${change.kind} also where no rule is named for it`, () => {
      const summarizer = new Summarizer();
      summarizer.add(row('a', 'one'), change);
      assert.deepEqual(groupsOf(summarizer), [
        {
          ...{ kind: change.kind, namespace: 'a', policy: '', rule: '', rows: 1, objects: 1 },
          ...{ examples: ['HelmRelease a/one'], message: '' },
        },
      ]);
    });
  }

  it('counts each object of a group once, and shows five of them', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 40 }), (names) => {
        const summarizer = new Summarizer();
        for (const name of names) summarizer.add(row('a', String(name)), changed('d'));
        const [group] = groupsOf(summarizer);
        const distinct = [...new Set(names)];
        assert.deepEqual(
          [group?.rows, group?.objects, group?.examples],
          [names.length, distinct.length, distinct.slice(0, 5).map((name) => `HelmRelease a/${name}`)],
        );
      }),
    );
  });

  it('stays within its memory: ten thousand groups, ten thousand objects of each', () => {
    const summarizer = new Summarizer();
    for (let index = 0; index < 10_005; index += 1) {
      summarizer.add(row('a', String(index)), changed('d'));
      summarizer.add(row(String(index), 'x'), changed('e'));
    }
    const [first] = groupsOf(summarizer);
    assert.deepEqual([first?.rows, first?.objects], [10_005, 10_000]);
    assert.deepEqual([summarizer.summary.groups.size, summarizer.summary.newlyMutated], [10_000, 20_010]);
  });
});
