import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { parseCanonicalUrl } from '../../../src/core/policy/canonical-url.ts';
import { evaluate } from '../../../src/core/policy/evaluate.ts';
import { type SourceFact, sourceKey } from '../../../src/core/policy/facts.ts';
import { sourceFactOf } from '../../../src/core/policy/source-fact.ts';
import { chart, factsWith, helmRelease, policySet, subjectOf } from './policy-fixture.ts';
import { readCorpus } from './url-corpus.ts';

const hostile = readCorpus('hostile');
const known = readCorpus('public');

/** A list as a platform team writes it: every kind of entry, and nothing that allows all. */
const ALLOWED: readonly JsonObject[] = [
  { url: 'https://flagger.app' },
  { url: 'https://charts.example.com/stable' },
  { url: 'https://charts.example.com:8443/team', subpaths: true },
  { url: 'https://github.com/acme', subpaths: true },
  { url: 'https://github.com/acme', subpaths: true, kinds: ['GitRepository'] },
  { url: 'oci://ghcr.io/acme/charts', subpaths: true },
  { url: 'ssh://git@github.com/acme', subpaths: true },
  { url: 'bucket://minio.example.com:9000/charts' },
  { url: 'http://127.0.0.1:8080/charts' },
  { url: 'https://[2001:db8::1]/charts' },
  { url: 'https://xn--bcher-kva.example/charts' },
];
const KINDS = ['HelmRepository', 'OCIRepository', 'GitRepository'] as const;

/** The kinds of source that a set lets through with this URL: the objects themselves, and the releases that use them. */
function accepting(set: ReturnType<typeof policySet>, url: string): readonly string[] {
  const through: string[] = [];
  for (const kind of KINDS) {
    const source = { kind, namespace: 'team', name: 'flagger' };
    const object: JsonObject = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind,
      metadata: { name: 'flagger', namespace: 'team' },
      spec: { url, interval: '5m' },
    };
    if (evaluate(set, subjectOf(object), factsWith(), 'admission').allowed) through.push(kind);
    const fact: SourceFact = sourceFactOf(source, { url });
    const sources = new Map([[sourceKey(kind, 'team', 'flagger'), { known: true, value: fact } as const]]);
    const release =
      kind === 'OCIRepository'
        ? helmRelease({ chart: undefined as never, chartRef: { kind, name: 'flagger' } })
        : helmRelease({ chart: chart('1.0.0', { kind }) });
    const decision = evaluate(set, subjectOf(release), factsWith('', { sources }), 'admission');
    if (decision.allowed) through.push(`HelmRelease from a ${kind}`);
  }
  return through;
}

describe('the corpus of URLs', () => {
  const set = policySet([{ id: 'sources', allowedSources: ALLOWED }], {
    match: { kinds: ['HelmRelease', 'HelmRepository', 'OCIRepository', 'GitRepository'] },
  });

  it(`holds at least 300 hostile spellings, each once, of which a realistic list accepts none`, () => {
    assert.ok(hostile.length >= 300, `only ${hostile.length}`);
    assert.equal(new Set(hostile).size, hostile.length);
    const accepted = hostile.filter((url) => accepting(set, url).length > 0);
    assert.deepEqual(accepted, []);
  });

  it('is judged by a list that does accept what it lists', () => {
    for (const { url, kinds } of ALLOWED) {
      if (String(url).startsWith('bucket://')) continue;
      assert.ok(accepting(set, String(url)).length > 0, `${String(url)} ${String(kinds)}`);
    }
    assert.deepEqual(accepting(set, 'ssh://git@github.com/acme/charts'), [
      'GitRepository',
      'HelmRelease from a GitRepository',
    ]);
    assert.deepEqual(accepting(set, 'oci://ghcr.io/acme/charts/app'), [
      'HelmRepository',
      'HelmRelease from a HelmRepository',
      'OCIRepository',
      'HelmRelease from a OCIRepository',
    ]);
  });

  it('proposes for a hostile spelling only what is canonical', () => {
    for (const url of hostile) {
      const result = parseCanonicalUrl(url);
      if (!result.ok && result.hint !== undefined) assert.ok(parseCanonicalUrl(result.hint).ok, url);
    }
  });

  it('holds at least 100 addresses of public charts, each once, of which none is refused where it is listed', () => {
    assert.ok(known.length >= 100, `only ${known.length}`);
    assert.equal(new Set(known).size, known.length);
    const listed = policySet([{ id: 'sources', allowedSources: known.map((url) => ({ url })) }]);
    const refused = known.filter((url) => {
      const through = accepting(listed, url);
      return !through.includes('HelmRepository') || !through.includes('HelmRelease from a HelmRepository');
    });
    assert.deepEqual(refused, []);
  });
});
