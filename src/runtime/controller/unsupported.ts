import type { HelmRelease } from '../../core/api/helm-release.ts';
import { isJsonObject } from '../../core/json/json.ts';

/**
 * The fields that this loop does not act on yet. A release that sets one is not released as if the field were not
 * there: it is Stalled, and the message names the fields.
 */
export function unsupportedFields({ spec }: HelmRelease): readonly string[] {
  const found: string[] = [];
  const note = (condition: boolean, path: string): void => {
    if (condition) found.push(path);
  };
  const mode = isJsonObject(spec.driftDetection) ? spec.driftDetection['mode'] : undefined;
  const chart = spec.chart?.spec;
  note(spec.kubeConfig !== undefined, 'spec.kubeConfig');
  note(
    (spec.dependsOn ?? []).some((other) => other.readyExpr !== undefined),
    'spec.dependsOn[].readyExpr',
  );
  note(
    (spec.valuesFrom ?? []).some((ref) => (ref.targetPath ?? '') !== ''),
    'spec.valuesFrom[].targetPath',
  );
  note((spec.postRenderers ?? []).length > 0, 'spec.postRenderers');
  note(spec.commonMetadata !== undefined, 'spec.commonMetadata');
  note(mode === 'enabled' || mode === 'warn', 'spec.driftDetection');
  note(isJsonObject(spec.test) && spec.test['enable'] === true, 'spec.test');
  note(
    ((spec['healthCheckExprs'] as readonly unknown[] | undefined) ?? []).length > 0,
    'spec.healthCheckExprs',
  );
  note((chart?.valuesFiles ?? []).length > 0, 'spec.chart.spec.valuesFiles');
  note(chart?.verify !== undefined, 'spec.chart.spec.verify');
  note(spec.install?.crds === 'CreateReplace', 'spec.install.crds: CreateReplace');
  note(spec.upgrade?.crds === 'Create' || spec.upgrade?.crds === 'CreateReplace', 'spec.upgrade.crds');
  return found;
}

/** The kind of source that this loop cannot read yet, as `Kind/name`; undefined when it can. */
export function unsupportedSource({ spec }: HelmRelease): string | undefined {
  const ref = spec.chartRef ?? spec.chart?.spec.sourceRef;
  if (ref === undefined || ref.kind === 'HelmRepository') return undefined;
  return `${ref.kind}/${ref.name}`;
}
