import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Document, type Scalar } from 'yaml';
import { valueAt } from '../../../src/core/json/pointer.ts';
import { placeInScalar } from '../../../src/core/policy/scalar-place.ts';
import { readYaml, type YamlDocument } from '../../../src/core/policy/yaml-file.ts';

/** Runs of each property; more of them when asked for. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 500);
const TOKENS = ['spec', 'rules', '0', 'expression'];

/** A policy file's document with this text as it is spelt under `expression`. */
function documentOf(spelling: string): YamlDocument {
  const read = readYaml({
    file: 'p.yaml',
    text: `spec:\n  rules:\n  - expression: ${spelling}\n    message: x\n`,
  });
  const document = read.ok ? read.documents[0] : undefined;
  assert.ok(document, spelling);
  return document;
}

/** The character under the caret for each character of the value, as `line:column`. */
function placeOf(document: YamlDocument, offset: number): string | undefined {
  const value = valueAt(document.value, TOKENS);
  assert.ok(typeof value === 'string');
  const place = placeInScalar(document.source.text, document.placeOf(TOKENS), value, offset);
  return place && `${place.line}:${place.column}`;
}

function characterAt(document: YamlDocument, place: string | undefined): string | undefined {
  const [line = 0, column = 0] = (place ?? '').split(':').map(Number);
  return document.source.text.split('\n')[line - 1]?.[column - 1];
}

describe('the place of a character of a YAML text', () => {
  const rows: readonly (readonly [spelling: string, character: string, place: string])[] = [
    ['a == !b', '!', '3:22'],
    ["'a == !b'", '!', '3:23'],
    ['"a == !b"', '!', '3:23'],
    ["'a == ''x'' + !b'", '!', '3:31'],
    ['"a == \\"x\\" + !b"', '!', '3:31'],
    ['|\n      a ==\n        !b\n', '!', '5:9'],
    ['|-\n      a\n\n      == !b', '!', '6:10'],
    ['|2\n      a == !b', '!', '4:12'],
    ['>\n      a ==\n      !b', '!', '5:7'],
    ['>-\n      a\n\n      == c\n      !b', '!', '7:7'],
    ['| # why\n      a == !b', '!', '4:12'],
    ['a ==\n      c\n      !b', '!', '5:7'],
    ["'a ==\n      ''c''\n      !b'", '!', '5:7'],
    ['"a == \\\\d !b"', '!', '3:27'],
  ];
  for (const [spelling, character, place] of rows) {
    it(`is found in ${JSON.stringify(spelling)}`, () => {
      const document = documentOf(spelling);
      const value = valueAt(document.value, TOKENS) as string;
      assert.equal(placeOf(document, value.indexOf(character)), place);
    });
  }

  it('is behind the last character for the end of the text', () => {
    assert.equal(placeOf(documentOf('a =='), 4), '3:21');
    assert.equal(placeOf(documentOf('|\n      a ==\n'), 4), '4:11');
    assert.equal(placeOf(documentOf('a =='), 999), '3:21');
  });

  it('is not told where a character is written by its number, or the text is another one', () => {
    assert.equal(placeOf(documentOf('"\\u0061 == !b"'), 5), undefined);
    assert.equal(placeOf(documentOf('"\\ta == !b"'), 6), undefined);
    assert.equal(placeInScalar('x: abc', { line: 1, column: 4 }, 'axc', 2), undefined);
    assert.equal(placeInScalar('x: abc', { line: 9, column: 1 }, 'abc', 2), undefined);
    assert.equal(placeInScalar('', { line: 1, column: 1 }, 'abc', 2), undefined);
  });

  it('holds that character, in whatever style the text is written', () => {
    const styles = ['PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const;
    const anyText = fc
      .array(
        fc.constantFrom(
          'a',
          'bc',
          "'",
          '"',
          ' ',
          '  ',
          '\n',
          '\n  ',
          '==',
          '||',
          '\\d',
          '#',
          ': ',
          '-',
          '!',
          '>',
        ),
        {
          minLength: 1,
          maxLength: 60,
        },
      )
      .map((parts) => parts.join(''))
      .filter((made) => made.trim() !== '');
    let found = 0;
    fc.assert(
      fc.property(anyText, fc.constantFrom(...styles), (value, type) => {
        const document = new Document({ spec: { rules: [{ expression: value }] } });
        (
          document.getIn(
            TOKENS.map((token) => (token === '0' ? 0 : token)),
            true,
          ) as Scalar
        ).type = type;
        const written = document.toString();
        const read = readYaml({ file: 'p.yaml', text: written });
        fc.pre(read.ok);
        const [parsed] = read.ok ? read.documents : [];
        assert.ok(parsed);
        // The writer folds some texts into others; the reader is asked what stands there.
        const text = valueAt(parsed.value, TOKENS);
        assert.ok(typeof text === 'string');
        for (let offset = 0; offset < text.length; offset += 1) {
          if (/\s/.test(text[offset] ?? '')) continue;
          const place = placeOf(parsed, offset);
          if (place === undefined) continue;
          found += 1;
          const escaped = characterAt(parsed, place) === '\\' && /["\\/]/.test(text[offset] ?? '');
          if (!escaped) assert.equal(characterAt(parsed, place), text[offset], written);
        }
      }),
      { numRuns: RUNS },
    );
    assert.ok(found > 2 * RUNS, String(found));
  });
});
