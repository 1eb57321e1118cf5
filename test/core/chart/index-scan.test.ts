import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { scanIndex } from '../../../src/core/chart/index-scan.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The version of the API, and the text of each chart's block. */
function scanned(text: string): readonly [string | undefined, Readonly<Record<string, string>>] | undefined {
  const bytes = encode(text);
  const layout = scanIndex(bytes);
  if (layout === undefined) return undefined;
  const blocks = [...layout.blocks].map(
    ([name, { start, end }]) => [name, new TextDecoder().decode(bytes.subarray(start, end))] as const,
  );
  return [layout.apiVersion, Object.fromEntries(blocks)];
}

const API_VERSIONS: readonly (readonly [line: string, apiVersion: string])[] = [
  ['apiVersion: v1', 'v1'],
  ['apiVersion:  v1 ', 'v1'],
  ['apiVersion: v1 # c', 'v1'],
  ['apiVersion: helm.sh/v1-a.b+c_d', 'helm.sh/v1-a.b+c_d'],
  ['apiVersion: 1', '1'],
  ['apiVersion: "v 1: {"', 'v 1: {'],
  ["apiVersion: 'v1' # c", 'v1'],
  ['"apiVersion": v1', 'v1'],
  ['apiVersion:\tv1', 'v1'],
];

/** Lines at the root that only a real parser reads rightly. */
const ODD_LINES: readonly string[] = [
  ...[
    'apiVersion:',
    'apiVersion: ',
    'apiVersion: ""',
    "apiVersion: ''",
    'apiVersion: &a v1',
    'apiVersion: *a',
  ],
  ...[
    'apiVersion: "v\\u0031"',
    "apiVersion: 'v''1'",
    'apiVersion: v1#c',
    'apiVersion: v1 x',
    'apiVersion: _v1',
  ],
  ...[
    'apiVersion: "v1"#c',
    'apiVersion: [v1]',
    'apiVersion: !!str v1',
    'apiVersion: |',
    'apiVersion: v1, v2',
  ],
  ...['...', '%YAML 1.2', '{a: b}', 'text', '"a', '? a', '&a b: c', '--- x', '---x', '- a', '  a: b', ' - a'],
];

/** What may stand after `entries:` in its line, and what of it says that there are none. */
const NO_ENTRIES: readonly string[] = [' {}', ' { }', '  {\t} ', ' {} # c', '\t{}'];
const ODD_ENTRIES: readonly string[] = [
  ' {a: b}',
  ' []',
  ' &e',
  ' null',
  ' {}#c',
  ' {} x',
  ' x {}',
  ' !!map',
  ' |',
  ' {',
];

const WEB = '  web:\n  - name: web\n';
const APP = '  app:\n    - name: app\n      deep:\n        - x\n\n';

describe('the layout of an index', () => {
  for (const [line, apiVersion] of API_VERSIONS) {
    it(`has the version ${apiVersion} for ${JSON.stringify(line)}`, () => {
      assert.deepEqual(scanned(`${line}\nentries:\n${WEB}`), [apiVersion, { web: WEB }]);
      assert.deepEqual(scanned(`entries:\n${WEB}${line}`), [apiVersion, { web: WEB }]);
      assert.deepEqual(scanned(`${line}\r\nentries:\r\n`), [apiVersion, {}]);
    });
  }

  for (const line of ODD_LINES) {
    it(`is left to a real parser for ${JSON.stringify(line)} at its start`, () => {
      assert.equal(scanned(`${line}\nentries:\n${WEB}`), undefined);
    });
  }

  it('has no blocks where entries are an empty map, and more keys may follow', () => {
    for (const value of NO_ENTRIES)
      assert.deepEqual(scanned(`entries:${value}\napiVersion: v1\n`), ['v1', {}], value);
  });

  for (const value of ODD_ENTRIES) {
    it(`is left to a real parser for entries that are ${JSON.stringify(value.trim())}`, () => {
      assert.equal(scanned(`apiVersion: v1\nentries:${value}\n`), undefined);
    });
  }

  it('has a block for each chart, from its line to the line of the next chart or of the next key', () => {
    const comment = '  # aside\n';
    const text = `entries:\n${comment}${WEB}${comment}${APP}generated: now\nother:\n  web:\n  - x\n`;
    assert.deepEqual(scanned(text), [undefined, { web: `${WEB}${comment}`, app: APP }]);
    assert.deepEqual(scanned(`entries:\n${APP}${WEB.trimEnd()}`), [
      undefined,
      { app: APP, web: WEB.trimEnd() },
    ]);
  });

  it('begins after a byte order mark, comments, blank lines and the start of a document', () => {
    for (const head of [
      '\ufeff',
      '# c\n\n',
      '---\n',
      '--- # c\n',
      '---  \n',
      '# c\n---\n# d\n',
      '\ufeff---\n',
    ])
      assert.deepEqual(scanned(`${head}entries:\n${WEB}`), [undefined, { web: WEB }], JSON.stringify(head));
  });

  it('is left to a real parser for what could be read in two ways', () => {
    const odd: Readonly<Record<string, string>> = {
      'a second document': `entries:\n${WEB}---\na: b\n`,
      'a key that occurs twice': `a: 1\na: 2\nentries:\n${WEB}`,
      'entries that occur twice': `entries:\n${WEB}entries:\n${APP}`,
      'a chart that occurs twice': `entries:\n${WEB}${WEB}`,
      'a chart that occurs twice, apart': `entries:\n${WEB}${APP}  "web":\n`,
      'a chart that is indented less': `entries:\n${WEB} app:\n`,
      'a chart whose key is no plain one': `entries:\n${WEB}  &a app:\n`,
      'an item before the first chart': `entries:\n  - web\n`,
      'an item at the root, under entries': `entries:\n- web\n`,
      'an indented line under a key that is not entries, at the start': ` a: b\nentries:\n${WEB}`,
      'a carriage return alone': `entries:\n${WEB.replace('web:\n', 'web:\r')}`,
      'a carriage return at the end': `entries:\n${WEB}\r`,
      'a tab in place of an indentation': `entries:\n\tweb:\n`,
    };
    for (const [why, text] of Object.entries(odd)) assert.equal(scanned(text), undefined, why);
  });

  it('takes items at the root under another key than entries', () => {
    assert.deepEqual(scanned(`keys:\n- a\n- b\nentries:\n${WEB}`), [undefined, { web: WEB }]);
    assert.deepEqual(scanned(`entries:\n${WEB}keys:\n- a\n`), [undefined, { web: WEB }]);
  });

  it('is kept for 100,000 charts and left to a real parser for more', () => {
    const index = (charts: number) =>
      encode(`entries:\n${Array.from({ length: charts }, (_, at) => ` c${at}:\n`).join('')}`);
    assert.equal(scanIndex(index(100_000))?.blocks.size, 100_000);
    assert.equal(scanIndex(index(100_001)), undefined);
  });
});
