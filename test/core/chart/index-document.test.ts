import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { openIndex } from '../../../src/core/chart/index-document.ts';
import { readIndexEntries } from '../../../src/core/chart/index-entry.ts';
import { scanIndex } from '../../../src/core/chart/index-scan.ts';
import type { Json, JsonObject } from '../../../src/core/json/json.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What a full parse by the YAML library gives for a chart. */
function parsedWhole(text: string, chart: string): unknown {
  const whole = parse(text, { schema: 'failsafe', customTags: ['null'] }) as { entries: JsonObject | null };
  const list =
    whole.entries !== null && Object.hasOwn(whole.entries, chart) ? whole.entries[chart] : undefined;
  return readIndexEntries(list as Json);
}

function entriesOf(text: string, chart: string): unknown {
  const opened = openIndex(encode(text));
  assert.ok(opened.ok, opened.ok ? '' : opened.message);
  const read = opened.document.entries(chart);
  assert.ok(read.ok, read.ok ? '' : read.message);
  return read.entries;
}

const NAMES = [
  'web',
  'web-app',
  'we',
  'webhook',
  '3scale',
  'a',
  'apiVersion',
  'entries',
  'name',
  'x.y',
  'true',
  '1.0',
];

/** A value as it may stand after `description:` in an item whose keys stand at `column`. */
const noise = (column: number): fc.Arbitrary<string> => {
  const pad = ' '.repeat(column);
  return fc.constantFrom(
    ' plain text',
    ' "quoted: yes # no comment"',
    ` |\n${pad}  name: not-a-key\n\n${pad}  # not a comment\n${pad}    version: 9.9.9`,
    ` >-\n${pad}   - name: web\n${pad}   entries:`,
    ` "two\n\n${pad}  lines: \\"x\\""`,
    ` 'it''s\n${pad}  name: 1'`,
    ` plain\n${pad}  goes on`,
    ' {a: [b, {c: d}]}',
    ` # only a comment\n${pad}  a: b`,
    ' [ ]',
    '',
  );
};

const item = (dash: number, gap: number): fc.Arbitrary<string> => {
  const column = dash + 1 + gap;
  const pad = ' '.repeat(column);
  const list = fc.constantFrom(
    `\n${pad}- u1.tgz\n${pad}- "u2?x=1"`,
    `\n${pad}  - u1.tgz`,
    `\n\n${pad}# why\n${pad}- u1.tgz`,
    ' [u1.tgz, "u2"]',
    ' []',
    '',
    ' text',
  );
  const scalars = fc.constantFrom(
    ' 1.2.3',
    ' "1.10"',
    " '2.0.0-rc.1+b'",
    ' 1.10',
    ' v3',
    ' latest',
    ' null',
    ' >-\n' + pad + '  4.5.6',
    '',
  );
  const keys = fc.tuple(
    fc.option(
      fc.constantFrom('name: web', 'name: "web"', "'name': other", 'name : web', 'name: ../x', 'name: a/b'),
    ),
    fc.option(scalars.map((value) => `version:${value}`)),
    fc.option(scalars.map((value) => `appVersion:${value}`)),
    fc.option(
      fc.constantFrom(
        'digest: 00000000000000000000000000000000000000000000000000000000000001e5',
        'digest: SHA256:AB',
      ),
    ),
    fc.option(list.map((value) => `urls:${value}`)),
    fc.option(noise(column).map((value) => `description:${value}`)),
    fc.option(noise(column).map((value) => `annotations:${value}`)),
    fc.option(fc.constantFrom('deprecated: true', 'deprecated: false', 'type: library', 'type: odd')),
    fc.option(fc.constant('created: 2020-01-01T00:00:00.000Z')),
    fc.option(fc.constantFrom("kubeVersion: '>=1.25.0-0'", 'kubeVersion: 1.30', 'kubeVersion:')),
  );
  return keys
    .chain((found) => {
      const present = found.filter((key) => key !== null);
      return fc.shuffledSubarray(present, { minLength: present.length });
    })
    .chain((present) =>
      fc.tuple(fc.constant(present), fc.constantFrom('', '\n', `${pad}# aside\n`, '# far left\n')),
    )
    .map(([present, between]) => {
      const lines = present.length === 0 ? ['home: x'] : present;
      return `${' '.repeat(dash)}-${' '.repeat(gap)}${lines.join(`\n${between}${pad}`)}\n`;
    });
};

const block = (name: string, indent: number): fc.Arbitrary<string> =>
  fc
    .record({
      quote: fc.constantFrom('', '"', "'"),
      dash: fc.integer({ min: indent, max: indent + 3 }),
      gap: fc.integer({ min: 1, max: 3 }),
      tail: fc.constantFrom('', ' ', ' # comment'),
    })
    .chain(({ quote, dash, gap, tail }) =>
      fc
        .oneof(
          {
            weight: 6,
            arbitrary: fc
              .array(item(dash, gap), { minLength: 1, maxLength: 4 })
              .map((items) => `\n${items.join('')}`),
          },
          {
            weight: 1,
            arbitrary: fc.constantFrom(
              ' []\n',
              '\n',
              ' null\n',
              ` [{name: web, version: 1.0.0, urls: [x]}]\n`,
            ),
          },
        )
        .map(
          (body) =>
            `${' '.repeat(indent)}${quote}${name}${quote}:${body.startsWith('\n') ? tail : ''}${body}`,
        ),
    );

const indexText: fc.Arbitrary<string> = fc
  .record({
    names: fc.shuffledSubarray(NAMES, { minLength: 1, maxLength: 6 }),
    indent: fc.integer({ min: 1, max: 4 }),
    apiVersion: fc.constantFrom('apiVersion: v1', '"apiVersion": "v1"', "apiVersion: 'v1' # c"),
    first: fc.boolean(),
    head: fc.constantFrom('', '---\n', '# a comment\n\n', '\ufeff', '--- # c\n'),
    extra: fc.constantFrom(
      '',
      'generated: "2026"\n',
      'serverInfo:\n  entries:\n    web: x\n',
      'publicKeys:\n- a\n- b\n',
      'note: |\n  entries:\n    web:\n',
    ),
    between: fc.constantFrom('', '\n', '# c\n', '      # deep\n', ' # less\n'),
    returns: fc.boolean(),
  })
  .chain((shape) =>
    fc.tuple(...shape.names.map((name) => block(name, shape.indent))).map((blocks) => {
      const entries = `entries:\n${blocks.join(shape.between)}`;
      const parts = shape.first
        ? [shape.apiVersion, '\n', shape.extra, entries]
        : [entries, shape.extra, shape.apiVersion, '\n'];
      const text = shape.head + parts.join('');
      return shape.returns ? text.replaceAll('\n', '\r\n') : text;
    }),
  );

test('gives for each chart what a full parse gives, whatever the layout', () => {
  let canonical = 0;
  let total = 0;
  fc.assert(
    fc.property(indexText, (text) => {
      total += 1;
      if (scanIndex(encode(text)) !== undefined) canonical += 1;
      for (const chart of [...NAMES, 'absent'])
        assert.deepEqual(entriesOf(text, chart), parsedWhole(text, chart), chart);
    }),
    { numRuns: Math.ceil(Number(process.env['PROPERTY_RUNS'] ?? 400) / 10) },
  );
  assert.ok(canonical > total * 0.9, `${canonical} of ${total} were scanned`);
});

const GOOD = 'apiVersion: v1\nentries:\n  web:\n  - name: web\n    version: 1.0.0\n    urls: [w.tgz]\n';
const WEB = [{ name: 'web', version: '1.0.0', urls: ['w.tgz'] }];

const ODD_LAYOUTS: readonly (readonly [why: string, text: string])[] = [
  ['flow map at the root', '{apiVersion: v1, entries: {web: [{name: web, version: 1.0.0, urls: [w.tgz]}]}}'],
  ['JSON', JSON.stringify({ apiVersion: 'v1', entries: { web: WEB } }, undefined, 1)],
  [
    'flow map under entries',
    'apiVersion: v1\nentries: {web: [{name: web, version: 1.0.0, urls: [w.tgz]}]}\n',
  ],
  ['tagged key', GOOD.replace('  web:', '  !!str web:')],
  ['anchored entries', GOOD.replace('entries:', 'entries: &e')],
  ['escape in a key', GOOD.replace('  web:', '  "\\u0077eb":')],
  ['complex key', GOOD.replace('  web:\n', '  ? web\n  :\n')],
  ['anchored apiVersion', GOOD.replace('apiVersion: v1', 'apiVersion: &v v1')],
  ['end marker', `${GOOD}...\n`],
];
for (const [why, text] of ODD_LAYOUTS) {
  test(`hands the text to a real parser when it has a layout of its own: ${why}`, () => {
    assert.equal(scanIndex(encode(text)), undefined);
    assert.deepEqual(entriesOf(text, 'web'), WEB);
  });
}

const REFUSED: readonly (readonly [why: string, text: string, message: RegExp])[] = [
  ['nothing', '', /^empty index\.yaml file$/],
  ['no apiVersion', 'entries: {}\n', /^no API version specified$/],
  ['an empty apiVersion', 'apiVersion: ""\nentries: {}\n', /^no API version specified$/],
  ['an apiVersion in an entry only', 'entries:\n  web:\n  - apiVersion: v1\n', /^no API version specified$/],
  ['a JSON index without apiVersion', '{"entries":{}}', /^no API version specified$/],
  ['HTML', '<!doctype html>\n<html><body>sign in</body></html>\n', /\S/],
  ['a list', '- a\n- b\n', /not a map/],
  ['a chart that occurs twice', `${GOOD}  web: []\n`, /unique/],
  ['a chart that occurs twice in different quotes', `${GOOD}  "web": []\n`, /unique/],
  ['two documents', `${GOOD}---\n${GOOD}`, /more than one YAML document/],
  ['an alias', 'apiVersion: v1\nentries: &a {web: []}\nother: *a\n', /alias \*a is not followed/],
  ['deep nesting', `apiVersion: v1\nentries: ${'['.repeat(50_000)}`, /nested deeper than 32/],
  [
    'deep nesting in one line of dashes',
    `apiVersion: v1\nentries: &e\n  ${'- '.repeat(50_000)}x\n`,
    /nested deeper than 32/,
  ],
];
for (const [why, text, message] of REFUSED) {
  test(`refuses an index that is ${why}`, () => {
    const opened = openIndex(encode(text));
    if (opened.ok) assert.fail('was opened');
    assert.match(opened.message, message);
  });
}

test('refuses a chart whose block is nested deeply or is no YAML, and still gives the others', () => {
  for (const value of ['['.repeat(50_000), ` ${'{a: '.repeat(50_000)}`, ' "never closed', ' *alias', ' @']) {
    for (const bad of [`  bad:\n  - name: web\n    version:${value}\n`, `  bad: ${value}\n`]) {
      const opened = openIndex(encode(`${GOOD}${bad}`));
      assert.ok(opened.ok);
      assert.equal(opened.document.entries('bad').ok, false, value.slice(0, 20));
      assert.deepEqual(opened.document.entries('web'), { ok: true, entries: WEB });
    }
  }
});

test('gives up by a limit on texts made to keep the parser busy', () => {
  const fill = (head: string, unit: string): string => head + unit.repeat(1_000_000 / unit.length);
  for (const unit of ['[],', '!a ', 'a: \n']) {
    for (const head of ['apiVersion: &v v1\nx: [', `${GOOD}  - version: `]) {
      const opened = openIndex(encode(fill(head, unit)));
      const read = opened.ok ? opened.document.entries('web') : opened;
      assert.equal(read.ok, false, unit);
    }
  }
});

test('gives no entries for names that every JavaScript object has', () => {
  for (const text of [GOOD, ...ODD_LAYOUTS.map(([, layout]) => layout)]) {
    for (const name of ['__proto__', 'constructor', 'toString']) assert.deepEqual(entriesOf(text, name), []);
  }
});

test('drops entries that helm would call invalid and keeps the rest in order', () => {
  const rows: readonly (readonly [row: JsonObject | null, kept: boolean])[] = [
    [{ name: 'web', version: '2.0.0', urls: ['a'] }, true],
    [null, false],
    [{ version: '1.0.0' }, false],
    [{ name: 'web' }, false],
    [{ name: '../web', version: '1.0.0' }, false],
    [{ name: 'web', version: 'latest' }, false],
    [{ name: 'web', version: '1.0.0', type: 'plugin' }, false],
    [{ name: 'web', version: 'v1', type: 'library' }, true],
  ];
  const entries = readIndexEntries(rows.map(([row]) => row));
  assert.deepEqual(
    entries.map((entry) => entry.version),
    rows.filter(([, kept]) => kept).map(([row]) => row?.['version']),
  );
});

test('reads an index that is too large for the fallback as long as its layout is canonical', () => {
  const filler = Array.from(
    { length: 60_000 },
    (_, n) => `  c${n}:\n  - name: c${n}\n    description: ${'x'.repeat(40)}\n`,
  ).join('');
  assert.deepEqual(entriesOf(GOOD + filler, 'web'), WEB);
  const opened = openIndex(encode(`${GOOD.replace('entries:', 'entries: &e')}${filler}`));
  if (opened.ok) assert.fail('was opened');
  assert.match(opened.message, /at most 1048576 are read \(read as a whole/);
});

test('reads what a release is judged by: when the chart was made, whether it is deprecated, which Kubernetes it needs', () => {
  const text = [
    'apiVersion: v1',
    'entries:',
    '  web:',
    '  - {name: web, version: 1.0.0, created: "2026-01-01T00:00:00Z", deprecated: true, kubeVersion: ">=1.25.0-0", urls: [u]}',
    '  - {name: web, version: 0.9.0, kubeVersion: "", urls: [u]}',
    '',
  ].join('\n');
  assert.deepEqual(entriesOf(text, 'web'), [
    {
      ...{ name: 'web', version: '1.0.0', created: '2026-01-01T00:00:00Z', deprecated: true },
      ...{ kubeVersion: '>=1.25.0-0', urls: ['u'] },
    },
    { name: 'web', version: '0.9.0', urls: ['u'] },
  ]);
});

test('does not guess at bytes that are not UTF-8: the chart that holds them is refused, the others are given', () => {
  const bytes = (text: string) => Buffer.from(text, 'latin1');
  for (const line of ['    version: "1.0.0\xff"', '    ver\xffsion: x']) {
    const opened = openIndex(bytes(`${GOOD}  bad:\n  - name: bad\n${line}\n`));
    assert.ok(opened.ok);
    assert.deepEqual(opened.document.entries('bad'), { ok: false, message: 'chart bad: not UTF-8' });
    assert.deepEqual(opened.document.entries('web'), { ok: true, entries: WEB });
  }
  for (const text of ['{"apiVersion": "v1", "note": "\xff"}', 'apiVersion: &v v1 # \xff\n'])
    assert.deepEqual(openIndex(bytes(text)), { ok: false, message: 'not UTF-8' });
});

test('reads an index that is JSON, with blanks before it, beyond the bounds of YAML', () => {
  const note = 'x'.repeat(1_100_000);
  for (const blanks of ['', ' \n\r\n\t']) {
    const text = `${blanks}${JSON.stringify({ apiVersion: 'v1', note, entries: { web: WEB } })}`;
    assert.deepEqual(entriesOf(text, 'web'), WEB);
    assert.deepEqual(entriesOf(text, 'absent'), []);
  }
  assert.deepEqual(entriesOf(JSON.stringify({ apiVersion: 'v1', entries: [] }), 'web'), []);
  for (const apiVersion of ['', null]) {
    const opened = openIndex(encode(JSON.stringify({ apiVersion, entries: {} })));
    assert.deepEqual(opened, { ok: false, message: 'no API version specified' });
  }
});

/** To YAML a flow map with a long text in it; by indentation alone, the text is the index. */
const HIDDEN = ` {note: "
apiVersion: v1
entries:
  web:
  - {name: web, version: 1.0.0, urls: [shown.tgz]}
other: x
 ", apiVersion: v1, entries: {web: [{name: web, version: 9.9.9, urls: [meant.tgz]}]}}
`;

test('reads an indented flow map at the root as YAML does, not the lines of a text in it', () => {
  const bytes = new TextEncoder().encode(HIDDEN);
  assert.equal(scanIndex(bytes), undefined);
  const opened = openIndex(bytes);
  assert.ok(opened.ok);
  const entries = [{ name: 'web', version: '9.9.9', urls: ['meant.tgz'] }];
  assert.deepEqual(opened.document.entries('web'), { ok: true, entries });
});
