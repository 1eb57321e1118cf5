import { requiredSources } from '../../core/admission/required-sources.ts';
import type { Decision } from '../../core/policy/decision.ts';
import { evaluate } from '../../core/policy/evaluate.ts';
import { type LocatedError, locatedError } from '../../core/policy/located-error.ts';
import { isJudged } from '../../core/policy/object-shape.ts';
import type { PolicySet } from '../../core/policy/policy-set.ts';
import type { Subject } from '../../core/policy/subject.ts';
import { readYaml, type YamlSource } from '../../core/policy/yaml-file.ts';
import { factsFor } from './facts-of-manifests.ts';
import { type Manifest, readManifests } from './manifest.ts';

/** A judged object and what was decided about it. */
export interface CheckedManifest {
  readonly manifest: Manifest;
  readonly decision: Decision;
}

export interface CheckResult {
  readonly checked: readonly CheckedManifest[];
  /** Objects of kinds that no rule knows. */
  readonly otherObjects: number;
  /** Files that could not be read as manifests. */
  readonly errors: readonly LocatedError[];
}

/** Judges all manifests of some files as if each was created at `now` (RFC 3339), with the sources and namespaces among them as facts. */
export function checkManifests(
  set: PolicySet,
  sources: readonly YamlSource[],
  namespace: string,
  now: string,
): CheckResult {
  const errors: LocatedError[] = [];
  const manifests: Manifest[] = [];
  for (const source of sources) {
    const read = readYaml(source, 'expand');
    if (!read.ok) {
      errors.push(...read.errors);
      continue;
    }
    for (const document of read.documents) {
      const found = readManifests(document, namespace);
      if (found === undefined) {
        errors.push(
          locatedError(
            source,
            document.placeOf([]),
            'this is no Kubernetes object: apiVersion or kind is missing',
          ),
        );
      } else manifests.push(...found);
    }
  }
  const judged = manifests.filter(({ group, kind }) => isJudged(group, kind));
  const checked = judged.map((manifest) => ({ manifest, decision: judge(set, manifest, manifests, now) }));
  return { checked, otherObjects: manifests.length - judged.length, errors };
}

function judge(set: PolicySet, manifest: Manifest, manifests: readonly Manifest[], now: string): Decision {
  const { group, version, kind, namespace, name, object } = manifest;
  const subject: Subject = {
    operation: 'CREATE',
    group,
    version,
    kind,
    namespace,
    name,
    object,
    dryRun: true,
  };
  return evaluate(
    set,
    subject,
    factsFor(manifest, requiredSources(set, subject), manifests, now),
    'admission',
  );
}
