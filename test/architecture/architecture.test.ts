import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findViolations, type SourceFile } from './house-rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function sourceFiles(): readonly SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path: path.slice(root.length), text: readFileSync(path, 'utf8') };
    });
}

describe('the house', () => {
  it('keeps its rules in every source file', () => {
    const files = sourceFiles();
    assert.ok(files.length > 20, `only ${files.length} source files were found`);
    const broken = findViolations(files).map((v) => `${v.path}:${v.line} ${v.rule}: ${v.detail}`);
    assert.deepEqual(broken, []);
  });

  const planted: readonly (readonly [string, SourceFile, string])[] = [
    [
      'core imports node',
      { path: 'src/core/a.ts', text: "import { readFileSync } from 'node:fs';" },
      'rings',
    ],
    [
      'core imports io',
      { path: 'src/core/a.ts', text: "import type { X } from '../io/contract.ts';" },
      'rings',
    ],
    [
      'core imports io lazily',
      { path: 'src/core/a.ts', text: "const x = import('../io/kube/a.ts');" },
      'rings',
    ],
    ['core imports a package', { path: 'src/core/a.ts', text: "import { Pool } from 'undici';" }, 'rings'],
    [
      'io imports runtime',
      { path: 'src/io/kube/a.ts', text: "import { X } from '../../runtime/b.ts';" },
      'rings',
    ],
    [
      'io folders know each other',
      { path: 'src/io/kube/a.ts', text: "import { X } from '../helm/b.ts';" },
      'rings',
    ],
    [
      'runtime sees an implementation',
      { path: 'src/runtime/a.ts', text: "import { X } from '../io/kube/b.ts';" },
      'rings',
    ],
    ['a re-export crosses', { path: 'src/core/a.ts', text: "export { X } from '../runtime/b.ts';" }, 'rings'],
    ['an unknown room', { path: 'src/shed/a.ts', text: "import { X } from '../core/b.ts';" }, 'rings'],
    ['core waits', { path: 'src/core/a.ts', text: 'export async function f() {}' }, 'pure core'],
    ['core reads the clock', { path: 'src/core/a.ts', text: 'const now = new Date();' }, 'pure core'],
    ['core throws dice', { path: 'src/core/a.ts', text: 'const x = Math.random();' }, 'pure core'],
    ['core logs', { path: 'src/core/a.ts', text: "console.log('x');" }, 'pure core'],
    [
      'the environment is read',
      { path: 'src/io/helm/a.ts', text: 'const x = process.env.HOME;' },
      'environment',
    ],
    ['a command exits', { path: 'src/cli/a.ts', text: 'process.exit(1);' }, 'exit'],
    ['an empty name', { path: 'src/io/kube/utils.ts', text: '' }, 'names'],
  ];
  for (const [title, file, rule] of planted) {
    it(`sees a planted violation: ${title}`, () => {
      assert.deepEqual(
        findViolations([file]).map((violation) => violation.rule),
        [rule],
      );
    });
  }

  it('does not mistake prose, texts or allowed imports for violations', () => {
    const fine: readonly SourceFile[] = [
      {
        path: 'src/core/a.ts',
        text: "// await new Date()\nimport { parse } from 'yaml';\nconst x = 'await';",
      },
      {
        path: 'src/io/kube/a.ts',
        text: "import type { X } from '../contract.ts';\nimport { Y } from './b.ts';",
      },
      { path: 'src/runtime/a.ts', text: "import type { X } from '../io/contract.ts';" },
      { path: 'src/main.ts', text: "import { X } from './io/kube/b.ts';\nprocess.exit(1);" },
    ];
    assert.deepEqual(findViolations(fine), []);
  });
});
