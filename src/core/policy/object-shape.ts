/**
 * Whether an object has the shape that rules rely on: the fields they read are there and of the right type. The mutating webhook
 * sees objects before the API server validates them, so anything may come; there such an object passes without a patch and the
 * API server says what is wrong with it.
 */

import { HELM_GROUP, SOURCE_GROUP } from '../api/resources.ts';
import { isJsonObject, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import type { JudgedKind } from './rule.ts';

/**
 * Characters of a text that rules read: twice the longest URL that the API admits. The mutating webhook sees what nobody has
 * measured yet, and every rule of a set may read it.
 */
const MAX_TEXT_LENGTH = 4096;

type Requirement = readonly [path: string, type: 'text' | 'object', need: 'required' | 'optional'];

const METADATA: readonly Requirement[] = [
  ['metadata', 'object', 'required'],
  ['metadata.labels', 'object', 'optional'],
  ['metadata.annotations', 'object', 'optional'],
  ['spec', 'object', 'required'],
];

const reference = (path: string, need: 'required' | 'optional'): readonly Requirement[] => [
  [path, 'object', need],
  [`${path}.kind`, 'text', need],
  [`${path}.name`, 'text', need],
  [`${path}.namespace`, 'text', 'optional'],
];

const CHART: readonly Requirement[] = [
  ['spec.chart', 'object', 'required'],
  ['spec.chart.spec', 'object', 'required'],
  ['spec.chart.spec.chart', 'text', 'required'],
  ['spec.chart.spec.version', 'text', 'optional'],
  ...reference('spec.chart.spec.sourceRef', 'required'),
];

const HELM_RELEASE: readonly Requirement[] = [
  ...METADATA,
  ['spec.interval', 'text', 'required'],
  ['spec.releaseName', 'text', 'optional'],
  ['spec.targetNamespace', 'text', 'optional'],
  ['spec.storageNamespace', 'text', 'optional'],
];

const SOURCE: readonly Requirement[] = [...METADATA, ['spec.url', 'text', 'required']];

const HELM_CHART: readonly Requirement[] = [
  ...METADATA,
  ['spec.chart', 'text', 'required'],
  ['spec.version', 'text', 'optional'],
  ...reference('spec.sourceRef', 'required'),
];

/** A bucket's address is two fields. */
const BUCKET: readonly Requirement[] = [
  ...METADATA,
  ['spec.endpoint', 'text', 'required'],
  ['spec.bucketName', 'text', 'required'],
  ['spec.provider', 'text', 'optional'],
];

const OCI_REPOSITORY: readonly Requirement[] = [
  ...SOURCE,
  ['spec.ref', 'object', 'optional'],
  ['spec.ref.digest', 'text', 'optional'],
  ['spec.ref.semver', 'text', 'optional'],
  ['spec.ref.tag', 'text', 'optional'],
  ['spec.layerSelector', 'object', 'optional'],
  ['spec.layerSelector.mediaType', 'text', 'optional'],
];

/** It has no URL, and nothing in its spec is required. */
const EXTERNAL_ARTIFACT: readonly Requirement[] = METADATA.map(([path, type]) =>
  path === 'spec' ? [path, type, 'optional'] : [path, type, path === 'metadata' ? 'required' : 'optional'],
);

const SHAPES: Readonly<Record<JudgedKind, readonly Requirement[]>> = {
  HelmRelease: HELM_RELEASE,
  HelmRepository: SOURCE,
  HelmChart: HELM_CHART,
  OCIRepository: OCI_REPOSITORY,
  GitRepository: SOURCE,
  Bucket: BUCKET,
  ExternalArtifact: EXTERNAL_ARTIFACT,
};

/** Whether rules know the kind at all. */
export function isJudged(group: string, kind: string): boolean {
  return Object.hasOwn(SHAPES, kind) && group === (kind === 'HelmRelease' ? HELM_GROUP : SOURCE_GROUP);
}

/** What keeps an object from being judged, with the path; undefined when it has the expected shape. */
export function shapeProblem(
  kind: string,
  object: JsonObject,
): { readonly path: string; readonly message: string } | undefined {
  if (kind === 'HelmRelease') return helmReleaseProblem(object);
  return firstProblem(object, SHAPES[kind as JudgedKind] ?? METADATA);
}

function helmReleaseProblem(
  object: JsonObject,
): { readonly path: string; readonly message: string } | undefined {
  const problem = firstProblem(object, HELM_RELEASE);
  if (problem !== undefined) return problem;
  const chart = valueAt(object, ['spec', 'chart']);
  const chartRef = valueAt(object, ['spec', 'chartRef']);
  if ((chart === undefined) === (chartRef === undefined)) {
    return { path: 'spec', message: 'either spec.chart or spec.chartRef must be set' };
  }
  return firstProblem(object, chartRef === undefined ? CHART : reference('spec.chartRef', 'required'));
}

function firstProblem(
  object: JsonObject,
  requirements: readonly Requirement[],
): { readonly path: string; readonly message: string } | undefined {
  for (const [path, type, need] of requirements) {
    const value = valueAt(object, path.split('.'));
    if (value === undefined) {
      if (need === 'required') return { path, message: `${path} is required` };
    } else if (type === 'text' ? typeof value !== 'string' : !isJsonObject(value)) {
      return { path, message: `${path} must be ${type === 'text' ? 'a text' : 'an object'}` };
    } else if (typeof value === 'string' && value.length > MAX_TEXT_LENGTH) {
      return { path, message: `${path} is longer than ${MAX_TEXT_LENGTH} characters` };
    }
  }
  return undefined;
}
