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

/**
 * `nullable`: as `optional`, and null counts as absent. The API server drops a null of the metadata however it is sent; one in the spec
 * it drops from a create and refuses in a server-side apply, which is how Flux applies.
 */
type Need = 'required' | 'optional' | 'nullable';
type Requirement = readonly [path: string, type: 'text' | 'object', need: Need];

const METADATA: readonly Requirement[] = [
  ['metadata', 'object', 'required'],
  ['metadata.labels', 'object', 'nullable'],
  ['metadata.annotations', 'object', 'nullable'],
  ['spec', 'object', 'required'],
];

const reference = (path: string, need: Need): readonly Requirement[] => [
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
const EXTERNAL_ARTIFACT: readonly Requirement[] = METADATA.map(([path, type, need]) =>
  path === 'spec' ? [path, type, 'optional'] : [path, type, need],
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

export interface ShapeProblem {
  /** Dotted. */
  readonly path: string;
  /** What is wrong there, to be read behind the path. */
  readonly message: string;
  readonly wouldPass?: string;
}

/** What keeps an object from being judged; undefined when it has the expected shape. */
export function shapeProblem(kind: string, object: JsonObject): ShapeProblem | undefined {
  if (kind === 'HelmRelease') return helmReleaseProblem(object);
  return firstProblem(object, SHAPES[kind as JudgedKind] ?? METADATA);
}

function helmReleaseProblem(object: JsonObject): ShapeProblem | undefined {
  const problem = firstProblem(object, HELM_RELEASE);
  if (problem !== undefined) return problem;
  const chart = valueAt(object, ['spec', 'chart']);
  const chartRef = valueAt(object, ['spec', 'chartRef']);
  if ((chart === undefined) === (chartRef === undefined)) {
    return { path: 'spec', message: 'either spec.chart or spec.chartRef must be set' };
  }
  return firstProblem(object, chartRef === undefined ? CHART : reference('spec.chartRef', 'required'));
}

function firstProblem(object: JsonObject, requirements: readonly Requirement[]): ShapeProblem | undefined {
  for (const [path, type, need] of requirements) {
    const value = valueAt(object, path.split('.'));
    if (value === undefined || (value === null && need === 'nullable')) {
      if (need === 'required') return { path, message: 'is required' };
    } else if (type === 'text' ? typeof value !== 'string' : !isJsonObject(value)) {
      const isScalar = typeof value !== 'object';
      const wouldPass = type === 'text' && isScalar ? { wouldPass: 'a text: write it in quotes' } : {};
      return { path, message: `must be ${type === 'text' ? 'a text' : 'an object'}`, ...wouldPass };
    } else if (typeof value === 'string' && value.length > MAX_TEXT_LENGTH) {
      return { path, message: `is longer than ${MAX_TEXT_LENGTH} characters` };
    }
  }
  return undefined;
}
