import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { readGoYaml } from '../../../src/core/json/go-yaml-read.ts';
import { commentsOf } from '../../../src/core/yamledit/comments.ts';
import { renderScalar } from '../../../src/core/yamledit/render-scalar.ts';
import { secretSpans } from '../../../src/core/yamledit/secret-spans.ts';
import { applySplices } from '../../../src/core/yamledit/splice.ts';

describe('writing a scalar', () => {
  const plain = [
    '5m',
    '1h30m',
    '1.30.0',
    'HelmRelease',
    'https://a.example/x',
    'oci://a/b',
    'a-b_c',
    'é',
    'a,b',
  ];
  for (const text of plain) {
    it(`leaves ${text} without quotes`, () => assert.equal(renderScalar(text, 'block', '"'), text));
  }

  const quoted = [
    '',
    'yes',
    'On',
    'n',
    'null',
    '~',
    '1',
    '1.10',
    '0x1f',
    '1e3',
    '1_000',
    '12:30',
    '2020-01-01',
    '*',
    '>=1',
    '- a',
    'a: b',
    'a #b',
    '.5',
    '0o7',
    '<<',
    '=',
    ' a',
    '@x',
    '%x',
    '!x',
    '&x',
    'Infinity',
  ];
  for (const text of quoted) {
    it(`quotes ${JSON.stringify(text)}`, () => assert.equal(renderScalar(text, 'block', "'"), `'${text}'`));
  }

  it('takes the quotes that need no escapes', () => {
    assert.equal(renderScalar('{"a": 1}', 'block', '"'), `'{"a": 1}'`);
    assert.equal(renderScalar("it's: so", 'block', '"'), `"it's: so"`);
  });

  it('writes what both readers take for the same text, in every place and style', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.stringMatching(/^[-+.0-9a-fxo_:eE]{0,8}$/),
      fc.stringMatching(/^[ !-~]{0,10}$/),
    );
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom('block', 'flow', 'json'),
        fc.constantFrom('"', "'"),
        fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE'),
        (text, place, quote, style) => {
          const written = renderScalar(text, place, quote, style);
          const yaml = place === 'block' ? `k: ${written}\n` : `{"k": [${written}, 1]}\n`;
          const value = place === 'block' ? { k: text } : { k: [text, 1] };
          assert.deepEqual(parse(yaml, { version: '1.2' }), value, yaml);
          if (!text.isWellFormed()) return;
          const go = readGoYaml(yaml);
          assert.deepEqual(go, { ok: true, value }, yaml);
        },
      ),
      { numRuns: Number(process.env['PROPERTY_RUNS'] ?? 2000) },
    );
  });
});

describe('finding comments', () => {
  it('finds each one, and none in texts', () => {
    const text = '# a\nb: "# no" # c\nd: |  # e\n  # no\nf: x#no\ng: [1, # h\n 2]\r\n# i\r\n';
    assert.deepEqual(
      commentsOf(text).map(({ offset, text: comment }) => [
        comment,
        text.slice(offset, offset + comment.length),
      ]),
      ['# a', '# c', '# e', '# h', '# i'].map((comment) => [comment, comment]),
    );
  });
});

describe('finding secrets', () => {
  it('finds the data of Secrets and what lies below keys that name one', () => {
    const text = `kind: Secret
data: {a: YQ==}
stringData:
  b: |
    two
    lines
---
kind: HelmRelease
spec:
  data: {open: yes}
  values:
    adminPassword: hunter2
    tokens: [t1, {deep: t2}]
    passwordRequired: true
    url: x
`;
    assert.deepEqual(
      secretSpans(text).map(([start, end]) => text.slice(start, end)),
      ['YQ==', '|\n    two\n    lines\n', 'hunter2', 't1', 't2'],
    );
  });

  it('hides all of a text that it cannot read', () => {
    assert.deepEqual(secretSpans('a: [1\nb: 2'), [[0, 10]]);
  });
});

describe('splicing', () => {
  it('keeps the order of insertions at one place', () => {
    const splices = [
      { start: 1, end: 1, text: 'x' },
      { start: 1, end: 1, text: 'y' },
      { start: 0, end: 1, text: '' },
    ];
    assert.equal(applySplices('ab', splices), 'xyb');
  });

  it('refuses pieces that overlap or lie outside', () => {
    const throws = (...splices: Parameters<typeof applySplices>[1]) =>
      assert.throws(() => applySplices('abc', splices), /overlap/);
    throws({ start: 0, end: 2, text: '' }, { start: 1, end: 3, text: '' });
    throws({ start: 2, end: 4, text: '' });
    throws({ start: 2, end: 1, text: '' });
  });
});
