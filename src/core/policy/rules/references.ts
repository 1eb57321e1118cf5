import type { JsonObject } from '../../json/json.ts';
import { compileAllowedNamespaces } from '../allowed-namespaces.ts';
import { compileValuesSource, type WrittenValuesSource } from '../allowed-values-sources.ts';
import { type AllowedReferences, judgeReferences } from '../judge-references.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';

/** `own`, a name, or a pattern with `*`; 63 characters are the longest namespace. */
const NAMESPACE_PATTERN = { type: 'string', minLength: 1, maxLength: 63, pattern: '^[a-z0-9*-]+$' };
const NAME_PATTERN = { type: 'string', minLength: 1, maxLength: 253, pattern: '^[a-z0-9.*-]+$' };
const namespaces = (minItems: number, description: string): JsonObject => ({
  type: 'array',
  minItems,
  maxItems: 1000,
  items: NAMESPACE_PATTERN,
  description,
});

/** Rule `references`; what it is for and what it says stands in its definition. */
export const references: RuleDefinition = {
  field: 'references',
  summary: 'what a HelmRelease may refer to, and the namespaces it may release to',
  why: `A HelmRelease reaches beyond its namespace: it takes charts from sources elsewhere, waits for releases of others, and puts its
objects and records wherever \`targetNamespace\` and \`storageNamespace\` say. Flux can forbid cross-namespace sources for all tenants or for none,
and its switch leaves \`dependsOn\` and the target namespace alone. Values come out of any Secret of the namespace, read with the controller's own
rights, whatever the release's service account may read.`,
  when: ['admission', 'release'],
  reads: [
    'spec.chart.spec.sourceRef',
    'spec.chartRef',
    'spec.dependsOn',
    'spec.targetNamespace and spec.storageNamespace, or the own namespace where they are absent',
    'spec.valuesFrom',
  ],
  verdicts: `What is not listed is refused; a field that the rule does not name is not judged. A list of namespaces holds names, patterns (\`*\` stands for any
run of characters) and \`own\` for the namespace of the HelmRelease, which always means just that. A reference without a namespace, and
an absent target or storage namespace, mean the own one. An empty list of \`sourceRef\`, \`chartRef\`, \`dependsOn\` or \`valuesFrom\` allows none. Entries of
\`valuesFrom\` are alternatives. No fact is needed. At release time the stored object is judged again, so an object from before the
rule does not run either. Each list of an object gives at most 20 findings.`,
  reasons: {
    ReferenceNotAllowed: 'a sourceRef, chartRef or dependsOn leads to a namespace that is not listed',
    NamespaceNotAllowed: 'the target or storage namespace is not listed',
    ValuesSourceNotAllowed: 'an entry of valuesFrom is not listed, or optional where it must not be',
  },
  options: [
    { path: 'sourceRef', text: 'namespaces that `spec.chart.spec.sourceRef` may lead to' },
    { path: 'chartRef', text: 'namespaces that `spec.chartRef` may lead to' },
    { path: 'dependsOn', text: 'namespaces of the releases that `spec.dependsOn` may name' },
    { path: 'targetNamespaces', text: "namespaces that the release's objects may go to" },
    { path: 'storageNamespaces', text: "namespaces that helm's records may go to" },
    { path: 'valuesFrom[].kind', text: '`ConfigMap` or `Secret`' },
    { path: 'valuesFrom[].names', text: 'names and patterns; all names when absent' },
    {
      path: 'valuesFrom[].optional',
      text: '`false`: the reference may not be `optional`, since a missing object would change the values without a word',
    },
  ],
  example: `
- id: tenancy
  references:
    sourceRef: [own, flux-system]
    chartRef: []
    dependsOn: [own, "infra-*"]
    targetNamespaces: [own]
    storageNamespaces: [own]
    valuesFrom:
    - {kind: ConfigMap}
    - {kind: Secret, names: ["*-values"], optional: false}
`,
  schema: {
    type: 'object',
    minProperties: 1,
    additionalProperties: false,
    description: 'What a HelmRelease may refer to.',
    properties: {
      sourceRef: namespaces(0, 'Namespaces that sourceRef may lead to; own is the own one.'),
      chartRef: namespaces(0, 'Namespaces that chartRef may lead to; own is the own one.'),
      dependsOn: namespaces(0, 'Namespaces of releases to depend on; own is the own one.'),
      targetNamespaces: namespaces(1, 'Namespaces that objects may go to; own is the own one.'),
      storageNamespaces: namespaces(1, "Namespaces for helm's records; own is the own one."),
      valuesFrom: {
        type: 'array',
        maxItems: 1000,
        description: 'ConfigMaps and Secrets that values may come from.',
        items: {
          type: 'object',
          required: ['kind'],
          additionalProperties: false,
          properties: {
            kind: { enum: ['ConfigMap', 'Secret'] },
            names: { type: 'array', minItems: 1, maxItems: 1000, items: NAME_PATTERN },
            optional: { type: 'boolean', description: 'false: the reference may not be optional.' },
          },
        },
      },
    },
  },
  compile(written) {
    const { valuesFrom, ...lists } = written as unknown as WrittenReferences;
    const compiled = Object.entries(lists).map(([field, list]) => [field, compileAllowedNamespaces(list)]);
    return referencesRule({
      ...(Object.fromEntries(compiled) as Omit<AllowedReferences, 'valuesFrom'>),
      ...(valuesFrom === undefined ? {} : { valuesFrom: valuesFrom.map(compileValuesSource) }),
    });
  },
};

type NamespaceList = Exclude<keyof AllowedReferences, 'valuesFrom'>;

interface WrittenReferences extends Readonly<Partial<Record<NamespaceList, readonly string[]>>> {
  readonly valuesFrom?: readonly WrittenValuesSource[];
}

/** Makes the rule of its lists. */
export function referencesRule(allowed: AllowedReferences): RuleBody {
  return {
    kinds: ['HelmRelease'],
    // It judges whatever stands there in the end, so a default may well say where a release goes.
    reads: [],
    writes: [],
    judge({ object, subject, work }) {
      return { findings: judgeReferences(allowed, object, subject.namespace, work), warnings: [] };
    },
  };
}
