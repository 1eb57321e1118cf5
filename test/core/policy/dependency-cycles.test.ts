import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type DependencyGraph, findCycles, wayBack } from '../../../src/core/policy/dependency-cycles.ts';

/** Lengths of the shortest ways back to the start, by first step, found by trying every way that meets no release twice. */
function shortestByTrial(
  start: string,
  references: readonly string[],
  graph: DependencyGraph,
): Map<string, number> {
  const lengths = new Map<string, number>();
  const follow = (first: string, at: string, seen: readonly string[]): void => {
    if (at === start) {
      lengths.set(first, Math.min(lengths.get(first) ?? Number.POSITIVE_INFINITY, seen.length));
      return;
    }
    if (seen.includes(at)) return;
    for (const next of graph.get(at) ?? []) follow(first, next, [...seen, at]);
  };
  for (const first of references) follow(first, first, []);
  return lengths;
}

const name = fc.constantFrom<string>('a', 'b', 'c', 'd', 'e', 'f', 'gone');
const graphs = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.array(name, { maxLength: 4 }))
  .map((lists) => new Map(Object.entries(lists)));

describe('the search for circles of releases', () => {
  it('finds what trying all ways finds: the same first steps, and ways of the same length', () => {
    let circles = 0;
    fc.assert(
      fc.property(graphs, fc.array(name, { maxLength: 4 }), (graph, written) => {
        const references = written.filter((each) => each !== 'a');
        const search = findCycles('a', references, graph);
        const expected = shortestByTrial('a', references, graph);
        assert.equal(search.complete, true);
        for (const first of references) {
          const way = wayBack(search, first);
          assert.equal(way.length - 1, expected.get(first) ?? -1, `${first} of ${references.join()}`);
          if (way.length > 0) circles += 1;
        }
      }),
      { numRuns: 3000 },
    );
    assert.ok(circles > 500, `only ${circles} ways back were compared`);
  });

  it('gives ways whose every step is a reference, which begin at the first step and end at the start', () => {
    fc.assert(
      fc.property(graphs, fc.array(name, { maxLength: 4 }), (graph, written) => {
        const references = written.filter((each) => each !== 'a');
        const search = findCycles('a', references, graph);
        for (const first of references) {
          const way = wayBack(search, first);
          if (way.length === 0) continue;
          assert.equal(way[0], first);
          assert.equal(way.at(-1), 'a');
          assert.equal(new Set(way).size, way.length);
          for (const [index, step] of way.slice(0, -1).entries()) {
            assert.ok(graph.get(step)?.includes(way[index + 1] ?? ''), way.join(' -> '));
          }
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same way for the same input, the one by the first entries', () => {
    const graph = new Map([
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['a']],
    ]);
    assert.deepEqual(wayBack(findCycles('a', ['b'], graph), 'b'), ['b', 'c', 'a']);
  });

  it('does not take what the graph says of the start for its references', () => {
    const graph = new Map([
      ['a', ['c']],
      ['c', ['a']],
    ]);
    assert.deepEqual(wayBack(findCycles('a', ['b'], graph), 'b'), []);
    assert.equal(findCycles('a', ['b'], graph).followed, 1);
  });

  it('follows each reference once, also where everything refers to everything', () => {
    const all = Array.from({ length: 60 }, (_each, at) => `r${at}`);
    const graph = new Map(all.map((each) => [each, all] as const));
    const { visited, followed, complete } = findCycles('r0', all.slice(1), graph);
    assert.deepEqual(
      { visited, followed, complete },
      { visited: 60, followed: 59 + 59 * 60, complete: true },
    );
  });

  it('stops at its limits and says so', () => {
    const chain = new Map(Array.from({ length: 50 }, (_each, at) => [`r${at}`, [`r${at + 1}`]] as const));
    const limits = { maxReleases: 10, maxReferences: 100 };
    const few = findCycles('r0', ['r1'], chain, limits);
    assert.deepEqual([few.complete, few.visited, few.followed], [false, 10, 10]);
    const wide = findCycles(
      's',
      Array.from({ length: 500 }, () => 'r1'),
      chain,
      limits,
    );
    assert.deepEqual([wide.complete, wide.followed], [false, 100]);
  });

  it('still tells a circle that it met before a limit', () => {
    const graph = new Map([
      ['b', ['a']],
      ['c', ['d']],
      ['d', ['e']],
    ]);
    const search = findCycles('a', ['b', 'c'], graph, { maxReleases: 4, maxReferences: 100 });
    assert.equal(search.complete, false);
    assert.deepEqual(wayBack(search, 'b'), ['b', 'a']);
  });
});
