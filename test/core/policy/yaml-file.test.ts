import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { Json } from '../../../src/core/json/json.ts';
import {
  MAX_MANIFESTS_LENGTH,
  MAX_OBJECT_LENGTH,
  MAX_YAML_LENGTH,
  readYaml,
  type YamlContent,
  type YamlDocument,
} from '../../../src/core/policy/yaml-file.ts';
import { canonical } from '../json/go-canonical.ts';

function documentsOf(text: string, content: YamlContent = 'manifest'): readonly YamlDocument[] {
  const read = readYaml({ file: 'f.yaml', text }, content);
  assert.ok(read.ok, read.ok ? '' : JSON.stringify(read.errors));
  return read.documents;
}

function documentOf(text: string, content: YamlContent = 'manifest'): YamlDocument {
  const [document] = documentsOf(text, content);
  assert.ok(document !== undefined);
  return document;
}

/** Each error as `line:column message`. */
function errorsOf(text: string, content: YamlContent = 'manifest'): readonly string[] {
  const read = readYaml({ file: 'f.yaml', text }, content);
  return read.ok ? [] : read.errors.map(({ line, column, message }) => `${line}:${column} ${message}`);
}

describe('plain scalars', () => {
  /** What stands in the file, what kubectl reads, what a policy file says. */
  const table: readonly (readonly [written: string, manifest: Json, policy: Json])[] = [
    ['yes', true, 'yes'],
    ['On', true, 'On'],
    ['y', true, 'y'],
    ['NO', false, 'NO'],
    ['off', false, 'off'],
    ['yEs', 'yEs', 'yEs'],
    ['true', true, true],
    ['010', 8, 10],
    ['0o17', 15, 15],
    ['0b11', 3, '0b11'],
    ['0x1F', 31, 31],
    ['1_0', 10, '1_0'],
    ['1_000.5', 1000.5, '1_000.5'],
    ['1e3', 1000, 1000],
    ['1.10', 1.1, 1.1],
    ['1:30', '1:30', '1:30'],
    ['2020-01-01', '2020-01-01', '2020-01-01'],
    ['~', null, null],
    ['', null, null],
    ['5m', '5m', '5m'],
    ['"yes"', 'yes', 'yes'],
    ["'010'", '010', '010'],
    ['9007199254740993', 9007199254740993n, 9007199254740993n],
    ['1e400', '1e400', 'infinite'],
  ];
  for (const [written, manifest, policy] of table) {
    it(`reads ${written || 'nothing'} in a manifest as kubectl does, and in a policy as YAML 1.2 says`, () => {
      assert.deepEqual(documentOf(`a: ${written}\n`).value, { a: manifest });
      if (policy === 'infinite')
        assert.deepEqual(errorsOf(`a: ${written}\n`, 'policy'), ['1:4 JSON has no infinity and no NaN']);
      else assert.deepEqual(documentOf(`a: ${written}\n`, 'policy').value, { a: policy });
    });
  }

  it('stand for the same as keys of a manifest, as text', () => {
    const { value } = documentOf('on: 1\nno: 2\n010: 3\n1.50: 4\n"y": 5\n~x: 6\n');
    assert.deepEqual(value, { true: 1, false: 2, 8: 3, '1.5': 4, y: 5, '~x': 6 });
  });

  it('are found at the key that they stand for', () => {
    const document = documentOf('a: 1\nvalues:\n  on: x\n');
    assert.deepEqual(document.placeOf(['values', 'true']), { line: 3, column: 7 });
    assert.deepEqual(document.placeOf(['values', 'true'], 'key'), { line: 3, column: 3 });
  });

  it('are refused as keys where two are read as one, or one as null', () => {
    assert.deepEqual(errorsOf('a: 1\na: 2\n'), ['2:1 Map keys must be unique']);
    assert.deepEqual(errorsOf('on: 1\n"true": 2\n'), ['2:1 the keys on and true are read as one']);
    assert.deepEqual(errorsOf('~: 1\n'), ['1:1 a key must be a text']);
  });

  it('may be no number that JSON does not have', () => {
    assert.deepEqual(errorsOf('a: .inf\nb: [.nan]\n'), [
      '1:4 JSON has no infinity and no NaN',
      '2:5 JSON has no infinity and no NaN',
    ]);
  });

  it('are told as their author wrote them', () => {
    const document = documentOf('a: 1.10\nb: "1.10"\nc: {d: [010]}\n');
    assert.equal(document.writtenAt(['a']), '1.10');
    assert.equal(document.writtenAt(['b']), undefined);
    assert.equal(document.writtenAt(['c', 'd', '0']), '010');
    assert.equal(document.writtenAt(['c']), undefined);
    assert.equal(document.writtenAt(['x', 'y']), undefined);
  });
});

describe('a manifest', () => {
  it('is read as sigs.k8s.io/yaml reads it, or refused, in every row of the oracle', () => {
    const rows = gunzipSync(
      readFileSync(new URL('../../fixtures/oracles/go-yaml-read.jsonl.gz', import.meta.url)),
    )
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as readonly [string, unknown]);
    let same = 0;
    for (const [text, expected] of rows) {
      const read = readYaml({ file: 'f.yaml', text }, 'manifest');
      if (!read.ok) continue;
      same += 1;
      assert.equal(canonical(read.documents[0]?.value ?? null), canonical(expected), JSON.stringify(text));
    }
    assert.ok(same > 1000, `${same} of ${rows.length}`);
  });

  it('may be as long as the API server takes it, and a policy as a ConfigMap may be', () => {
    const text = (length: number) => `a: ${'x'.repeat(length - 4)}\n`;
    assert.equal(documentsOf(text(MAX_OBJECT_LENGTH)).length, 1);
    assert.deepEqual(errorsOf(text(MAX_OBJECT_LENGTH + 1)), [
      `1:1 the document is longer than ${MAX_OBJECT_LENGTH} characters`,
    ]);
    assert.equal(documentsOf(text(MAX_YAML_LENGTH), 'policy').length, 1);
    assert.deepEqual(errorsOf(text(MAX_YAML_LENGTH + 1), 'policy'), [
      `1:1 the file is longer than ${MAX_YAML_LENGTH} characters`,
    ]);
  });

  it('may have no more tokens than are read in memory that machines have', () => {
    const [error = ''] = errorsOf(`a: [${'1,'.repeat(1_000_000)}]\n`);
    assert.match(error, /^1:\d+ the document has too many tokens/);
    assert.equal(documentsOf(`a: [${'1,'.repeat(100_000)}]\n`).length, 1);
  });

  it('may be one of many in a text, of which none is longer', () => {
    const one = `a: ${'x'.repeat(1_000_000)}\nb:\n  c: 1\n---\n`;
    const documents = documentsOf(one.repeat(8));
    assert.equal(documents.length, 8);
    assert.deepEqual(documents[7]?.placeOf(['b', 'c']), { line: 31, column: 6 });
    assert.deepEqual(documents[6]?.placeOf(['b', 'd']), { line: 26, column: 1 });
    assert.equal(documents[7]?.writtenAt(['b', 'c']), '1');
    assert.deepEqual(errorsOf(`${one.repeat(8)}a: *x\n`), ['33:4 there is no anchor &x before this']);
    assert.deepEqual(errorsOf('a'.repeat(MAX_MANIFESTS_LENGTH + 1)), [
      `1:1 the file is longer than ${MAX_MANIFESTS_LENGTH} characters`,
    ]);
  });

  it('is one of several between lines of three dashes, whatever their line ends, and none within a text', () => {
    const values = (text: string) => documentsOf(text).map(({ value }) => value);
    assert.deepEqual(values('a: 1\n---\nb: 2\n--- # x\nc: 3\n---'), [{ a: 1 }, { b: 2 }, { c: 3 }]);
    assert.deepEqual(values('a: 1\r\n---\r\nb: 2\r\n'), [{ a: 1 }, { b: 2 }]);
    assert.deepEqual(values('---\na: |\n  x\n  ---\n  y\n---\n- ---x\n'), [{ a: 'x\n---\ny\n' }, ['---x']]);
    assert.deepEqual(values('%YAML 1.2\n---\na: yes\n...\n---\nb: 2\n'), [{ a: true }, { b: 2 }]);
    assert.deepEqual(errorsOf('a: 1\n---\nb: [\n---\nc: {\n').length > 1, true);
  });
});

describe('an alias', () => {
  it('stands for what the anchor named where it is written', () => {
    const { value } = documentOf('a: &x 1\nb: &y {c: *x}\nd: &x 2\ne: *y\nf: *x\n');
    assert.deepEqual(value, { a: 1, b: { c: 1 }, d: 2, e: { c: 1 }, f: 2 });
  });

  const bomb = `a: &a [${'x,'.repeat(100)}]\n${Array.from('bcde', (name, index) => {
    const before = 'abcd'[index] ?? '';
    return `${name}: &${name} [${`*${before},`.repeat(100)}]\n`;
  }).join('')}`;
  for (const [what, text, place] of [
    ['without an anchor', 'a: 1\nvalues: {a: *nope}\n', '2:13 there is no anchor &nope before this'],
    ['in front of its anchor', 'a: *x\nb: &x 1\n', '1:4 there is no anchor &x before this'],
    ['within its own anchor', 'values: &v\n  a: [*v]\n', '2:7 the anchor &v contains itself'],
    ['that expands to too much', bomb, '3:300 the aliases expand to more than 200000 values'],
  ] as const) {
    it(`${what} is an error at its place`, () => {
      const [error = ''] = errorsOf(text);
      assert.equal(error.replace(/^3:\d+/, '3:300'), place);
    });
  }

  it('is not accepted in a policy', () => {
    assert.deepEqual(errorsOf('a: &x 1\nb: *x\n', 'policy'), [
      '1:7 the anchor &x is not accepted here',
      '2:4 aliases are not accepted here',
    ]);
  });
});

describe('the place of an absent field', () => {
  const text =
    'spec:\n  interval: 1m\n  install:\n    timeout: 1m\n  flow: {a: 1}\n  list:\n  - b: 1\n  empty:\n';
  const table: readonly (readonly [path: string, place: string, what: string])[] = [
    ['spec.serviceAccountName', '1:1', 'the key of its parent'],
    ['spec.install.crds', '3:3', 'the key of its parent'],
    ['spec.install.remediation.retries', '3:3', 'the key of the nearest parent'],
    ['spec.flow.b', '5:9', 'its parent, where that is written in brackets'],
    ['spec.list.0.c', '7:5', 'its parent, where that is an entry of a list'],
    ['spec.empty.x', '8:9', 'its parent, where that has no value'],
    ['other', '1:1', 'the document'],
    ['spec.interval', '2:13', 'its own, where it is there'],
    ['spec.install', '4:5', 'its own, where it is there'],
  ];
  for (const [path, place, what] of table) {
    it(`is ${what}: ${path}`, () => {
      const { line, column } = documentOf(text).placeOf(path.split('.'));
      assert.equal(`${line}:${column}`, place);
    });
  }
});
