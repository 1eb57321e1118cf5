import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';

const crdFolder = new URL('../../../charts/helmgate/crds/', import.meta.url);
const fixture = new URL('../../fixtures/crds/fields.jsonl', import.meta.url);

interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

interface Version {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly deprecated?: boolean;
  readonly deprecationWarning?: string;
  readonly additionalPrinterColumns: readonly {
    readonly name: string;
    readonly type: string;
    readonly jsonPath: string;
  }[];
  readonly subresources: unknown;
  readonly schema: { readonly openAPIV3Schema: Schema };
}

interface Crd {
  readonly metadata: { readonly name: string; readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: {
      readonly kind: string;
      readonly plural: string;
      readonly shortNames: string[];
      readonly categories: string[];
    };
    readonly conversion: { readonly strategy: string };
    readonly versions: readonly Version[];
  };
}

const crds: readonly Crd[] = readdirSync(crdFolder).map(
  (file) => parse(readFileSync(new URL(file, crdFolder), 'utf8')) as Crd,
);

const versions: ReadonlyMap<string, Version> = new Map(
  crds.flatMap((crd) =>
    crd.spec.versions.map((version) => [`${crd.spec.names.plural}/${version.name}`, version] as const),
  ),
);

/** Every node of a schema with its path: `.a` a member, `[]` an item, `{}` any member of a map. */
function* nodes(schema: Schema, path: string): Generator<readonly [string, Schema]> {
  yield [path === '' ? '.' : path, schema];
  for (const [name, child] of Object.entries(schema.properties ?? {})) yield* nodes(child, `${path}.${name}`);
  if (schema.items !== undefined) yield* nodes(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* nodes(schema.additionalProperties, `${path}{}`);
}

/** What a node says apart from its children, its text, and `type: object`, which its children imply. */
function constraints(schema: Schema): Readonly<Record<string, unknown>> {
  const { properties: _p, items: _i, additionalProperties: _a, description: _d, ...own } = schema;
  const { type, required, ...rest } = own;
  return {
    ...rest,
    ...(type === undefined || type === 'object' ? {} : { type }),
    ...(required === undefined ? {} : { required: [...required].toSorted() }),
  };
}

interface FluxRow {
  readonly version: string;
  readonly columns?: readonly (readonly string[])[];
  readonly path?: string;
  readonly schema?: unknown;
}

const fluxRows = readFileSync(fixture, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as FluxRow);

/**
 * Where ours is wider than Flux's on purpose, in status only: no artifact need be served, and a write through
 * a beta version must keep what the controller noted in v2.
 */
const WIDER: ReadonlySet<string> = new Set([
  'helmrepositories/v1 .status.artifact',
  'helmrepositories/v1beta2 .status.artifact',
  'helmcharts/v1 .status.artifact',
  'ocirepositories/v1 .status.artifact',
  ...[
    'history[].action',
    'inventory',
    'inventory.entries',
    'inventory.entries[]',
    'inventory.entries[].id',
    'inventory.entries[].v',
    'lastAttemptedReleaseAction',
    'lastAttemptedReleaseActionDuration',
    'lastAttemptedRevisionDigest',
    'observedCommonMetadataDigest',
    'storageNamespace',
  ].map((path) => `helmreleases/v2beta1 .status.${path}`),
  ...[
    'history[].action',
    'history[].appVersion',
    'inventory',
    'inventory.entries',
    'inventory.entries[]',
    'inventory.entries[].id',
    'inventory.entries[].v',
    'lastAttemptedReleaseActionDuration',
    'observedCommonMetadataDigest',
    'observedPostRenderersDigest',
  ].map((path) => `helmreleases/v2beta2 .status.${path}`),
]);

/** Fields of the beta versions that server-side apply needs to find declared in v2 too (docs/adr/0008); admission rewrites them. */
const BETA_FIELD_IN_V2 = /\.valuesFile$|\.patchesStrategicMerge\b|\.patchesJson6902\b/;

const STATUS_DEFAULT = [['.status', { observedGeneration: -1 }]] as const;
const CHART_DEFAULTS = [
  ['.spec.chart.spec.reconcileStrategy', 'ChartVersion'],
  ['.spec.chart.spec.verify.provider', 'cosign'],
  ['.spec.chart.spec.version', '*'],
  ['.spec.uninstall.deletionPropagation', 'background'],
] as const;

const DEFAULTS: Readonly<Record<string, readonly (readonly [string, unknown])[]>> = {
  'helmreleases/v2': [...CHART_DEFAULTS, ...STATUS_DEFAULT],
  'helmreleases/v2beta1': [...CHART_DEFAULTS, ...STATUS_DEFAULT],
  'helmreleases/v2beta2': [...CHART_DEFAULTS, ...STATUS_DEFAULT],
  'helmrepositories/v1': [['.spec.provider', 'generic'], ...STATUS_DEFAULT],
  'helmrepositories/v1beta2': [['.spec.provider', 'generic'], ...STATUS_DEFAULT],
  'helmcharts/v1': [
    ['.spec.reconcileStrategy', 'ChartVersion'],
    ['.spec.verify.provider', 'cosign'],
    ['.spec.version', '*'],
    ...STATUS_DEFAULT,
  ],
  'ocirepositories/v1': [
    ['.spec.provider', 'generic'],
    ['.spec.timeout', '60s'],
    ['.spec.verify.provider', 'cosign'],
    ...STATUS_DEFAULT,
  ],
};

describe('the CRDs', () => {
  it('serve and store the versions that they should', () => {
    const served = [...versions].map(([name, { served, storage }]) => [name, served, storage] as const);
    assert.deepEqual(
      served.toSorted(([a], [b]) => (a < b ? -1 : 1)),
      [
        ['helmcharts/v1', true, true],
        ['helmreleases/v2', true, true],
        ['helmreleases/v2beta1', true, false],
        ['helmreleases/v2beta2', true, false],
        ['helmrepositories/v1', true, true],
        ['helmrepositories/v1beta2', true, false],
        ['ocirepositories/v1', true, true],
      ],
    );
  });

  it("carry Flux's groups, short names and categories, and no conversion", () => {
    const names = crds.map(({ spec }) => [
      spec.group,
      spec.names.kind,
      spec.names.shortNames,
      spec.names.categories,
    ]);
    assert.deepEqual(names, [
      ['source.toolkit.fluxcd.io', 'HelmChart', ['hc'], ['all', 'fluxcd', 'fluxcd-sources']],
      ['helm.toolkit.fluxcd.io', 'HelmRelease', ['hr'], ['all', 'fluxcd', 'fluxcd-appliers']],
      ['source.toolkit.fluxcd.io', 'HelmRepository', ['helmrepo'], ['all', 'fluxcd', 'fluxcd-sources']],
      ['source.toolkit.fluxcd.io', 'OCIRepository', ['ocirepo'], ['all', 'fluxcd', 'fluxcd-sources']],
    ]);
    for (const { metadata, spec } of crds) {
      assert.equal(metadata.name, `${spec.names.plural}.${spec.group}`);
      assert.equal(metadata.annotations['kustomize.toolkit.fluxcd.io/substitute'], 'disabled');
      assert.deepEqual(spec.conversion, { strategy: 'None' });
      assert.equal(spec.scope, 'Namespaced');
    }
  });

  it('warn on versions that are not stored, and on no other', () => {
    for (const [name, { storage, deprecated, deprecationWarning }] of versions) {
      assert.equal(deprecated === true && deprecationWarning !== undefined, !storage, name);
    }
  });

  for (const [name, version] of versions) {
    const schema = version.schema.openAPIV3Schema;

    it(`${name}: has the fields and validations of Flux, and no other`, () => {
      const flux = new Map(
        fluxRows.flatMap((row) =>
          row.version === name && row.path !== undefined ? [[row.path, row.schema]] : [],
        ),
      );
      const ours = new Map([...nodes(schema, '')].map(([path, node]) => [path, constraints(node)]));
      for (const path of new Set([...flux.keys(), ...ours.keys()])) {
        if (WIDER.has(`${name} ${path}`)) continue;
        if (name === 'helmreleases/v2' && BETA_FIELD_IN_V2.test(path)) continue;
        assert.deepEqual(ours.get(path), flux.get(path), `${name} ${path}`);
      }
    });

    it(`${name}: prints the columns of Flux`, () => {
      const flux = fluxRows.find((row) => row.version === name && row.columns !== undefined)?.columns;
      assert.deepEqual(
        version.additionalPrinterColumns.map((column) => [column.name, column.type, column.jsonPath]),
        flux,
      );
      assert.deepEqual(version.subresources, { status: {} });
    });

    it(`${name}: fills in the defaults that Flux's schema fills in, and no other`, () => {
      const defaults = [...nodes(schema, '')].flatMap(([path, node]) =>
        node.default === undefined ? [] : [[path, node.default] as const],
      );
      const byPath = (a: readonly [string, unknown], b: readonly [string, unknown]) => (a[0] < b[0] ? -1 : 1);
      assert.deepEqual(defaults.toSorted(byPath), (DEFAULTS[name] ?? []).toSorted(byPath));
    });

    it(`${name}: describes every field, shortly`, () => {
      for (const [path, node] of nodes(schema, '')) {
        if (path === '.metadata' || path.endsWith('{}') || (path.endsWith('[]') && node.type === 'string'))
          continue;
        const text = node.description ?? '';
        assert.ok(text.length > 0 && text.length <= 130 && text.endsWith('.'), `${path}: ${text}`);
      }
    });

    it(`${name}: is structural: every node has a type, or keeps what it does not know`, () => {
      for (const [path, node] of nodes(schema, '')) {
        assert.ok(node.type !== undefined || node['x-kubernetes-preserve-unknown-fields'] === true, path);
        assert.equal(node.properties !== undefined && node.additionalProperties !== undefined, false, path);
        for (const required of node.required ?? [])
          assert.ok(node.properties?.[required], `${path}.${required}`);
      }
    });
  }
});
