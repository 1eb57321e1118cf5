import { formatPath } from '../../core/json/path.ts';
import type { ManifestNote } from './check-manifests.ts';
import { findSubstitutions } from './flux-substitution.ts';
import type { Manifest } from './manifest.ts';

/** One note for each variable that Flux fills in, at the first place that has it. */
export function substitutionNotes(manifest: Manifest): readonly ManifestNote[] {
  const places = findSubstitutions(manifest.object).flatMap(({ tokens, variables }) =>
    variables.map((variable) => ({ variable, field: formatPath(tokens) })),
  );
  return [...Map.groupBy(places, ({ variable }) => variable)].map(([variable, [first, ...others]]) => {
    const more = others.length === 0 ? '' : ` (and ${others.length} more times)`;
    const message = `Flux fills in \${${variable}} later: what depends on it is not judged${more}`;
    return { manifest, code: 'FilledInLater', field: first?.field ?? '', message };
  });
}
