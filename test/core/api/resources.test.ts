import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { Resource } from '../../../src/core/api/kube-object.ts';
import * as resources from '../../../src/core/api/resources.ts';
import { textAt } from '../../../src/core/json/text-at.ts';
import { JUDGED_KINDS } from '../../../src/core/policy/rule.ts';
import { readYaml } from '../../../src/core/policy/yaml-file.ts';

const ALL = Object.values(resources).filter((value): value is Resource => typeof value === 'object');
const SHIPPED = ['helmreleases', 'helmrepositories', 'helmcharts', 'ocirepositories'];

describe('the resources that Helmgate asks for', () => {
  it('has one for each kind that rules can judge, and no kind or plural twice', () => {
    const kinds = ALL.map(({ kind }) => kind);
    assert.deepEqual(
      JUDGED_KINDS.filter((kind) => !kinds.includes(kind)),
      [],
    );
    assert.equal(new Set(kinds).size, kinds.length);
    assert.equal(new Set(ALL.map(({ group, plural }) => `${plural}.${group}`)).size, ALL.length);
  });

  it('names plurals in lower case and in the plural of the kind, and all but namespaces in a namespace', () => {
    for (const { kind, plural, namespaced } of ALL) {
      assert.equal(plural, `${kind.toLowerCase().replace(/y$/, 'ie')}s`);
      assert.equal(namespaced, kind !== 'Namespace');
    }
  });

  for (const plural of SHIPPED) {
    it(`says of ${plural} what the CRD in the chart says`, async () => {
      const file = `charts/helmgate/crds/${plural}.yaml`;
      const read = readYaml({ file, text: await readFile(file, 'utf8') });
      assert.ok(read.ok);
      const [document] = read.documents;
      const resource = ALL.find((each) => each.plural === plural);
      const spec = (...tokens: readonly string[]) => textAt(document?.value, ['spec', ...tokens]);
      assert.deepEqual(
        [resource?.group, resource?.kind, resource?.plural],
        [spec('group'), spec('names', 'kind'), spec('names', 'plural')],
      );
      assert.equal(spec('scope'), 'Namespaced');
    });
  }
});
