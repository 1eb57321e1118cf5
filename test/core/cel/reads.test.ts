import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LANGUAGE } from './evaluate-text.ts';

/** `variable path` of each read of an expression, tokens between slashes. */
function reads(text: string): readonly string[] {
  const result = LANGUAGE.compile(text, 'bool');
  assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.problems));
  return result.expression.reads.map(({ variable, path }) => [variable, ...path].join('/'));
}

describe('what an expression reads', () => {
  const rows: readonly (readonly [string, ...(readonly string[])])[] = [
    ['object.spec.suspend == true', 'object/spec/suspend'],
    ['object.metadata.annotations["a/b.c"] == "x"', 'object/metadata/annotations/a/b.c'],
    ['object.metadata.?annotations["a"].orValue("") == ""', 'object/metadata/annotations/a'],
    ['object.metadata[?"labels"].hasValue()', 'object/metadata/labels'],
    ['has(object.metadata.labels.x)', 'object/metadata/labels/x'],
    ['"a" in object.metadata.annotations', 'object/metadata/annotations'],
    ['object.metadata.annotations[object.spec.key] == ""', 'object/metadata/annotations', 'object/spec/key'],
    [
      'object.metadata.annotations[request.operation].x == ""',
      'object/metadata/annotations',
      'request/operation',
    ],
    ['object.spec.list[0].name == ""', 'object/spec/list'],
    ['object.spec.list[other.i + 1].name == ""', 'object/spec/list', 'other/i'],
    ['object[?"metadata"].orValue({}) == {}', 'object/metadata'],
    ['object == other', 'object', 'other'],
    ['[object].all(x, has(x.metadata))', 'object'],
    ['object.metadata.labels.all(k, k == object.spec.k)', 'object/metadata/labels', 'object/spec/k'],
    ['object.list.map(x, x.a, x.b + object.c) == []', 'object/list', 'object/c'],
    ['object.list.exists(object, object.metadata == 1)', 'object/list'],
    ['object.list.all(x, x.list.all(x, x.metadata == 1)) && other.x == 1', 'object/list', 'other/x'],
    ['cel.bind(m, object.metadata, m.annotations.a == object.b)', 'object/metadata', 'object/b'],
    ['cel.bind(object, object.metadata, object.labels == other)', 'object/metadata', 'other'],
    [
      '(object.a ? object.b : object.c) == {object.d: [object.e]}[-object.f]',
      'object/a',
      'object/b',
      'object/c',
      'object/d',
      'object/e',
      'object/f',
    ],
    [
      '!(object.a.startsWith(object.b)) && semver.compare(object.c, "1") == 0',
      'object/a',
      'object/b',
      'object/c',
    ],
    ['type(object.a) == int && now > timestamp("2026-01-01T00:00:00Z")', 'object/a', 'now'],
    ['true'],
  ];
  for (const [text, ...expected] of rows) {
    it(`is told from its text: ${text}`, () => {
      assert.deepEqual(reads(text), expected);
    });
  }
});
