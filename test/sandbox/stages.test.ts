import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { neverReadyAnnotation, renderStages, type Stage, sandboxStages } from '../../src/sandbox/stages.ts';

const documents = parseAllDocuments(renderStages(sandboxStages)).map((document) => {
  assert.deepEqual(document.errors, []);
  return document.toJS() as Stage;
});

test('renders every stage as a YAML document of its own that reads back the same', () => {
  assert.deepEqual(documents, sandboxStages);
  assert.equal(documents.length, 6);
});

test('keeps the node alive with a heartbeat well under the 40 s of the node-lifecycle controller', () => {
  const heartbeat = documents.find((each) => each.metadata.name === 'node-heartbeat');
  assert.ok((heartbeat?.spec.delay?.durationMilliseconds ?? Infinity) <= 20_000);
});

/** What the selectors' keys say about a pod, by name of the key. */
function values(
  key: string,
  pod: { kind?: string; neverReady?: string; phase: string; deleted?: true },
): string[] {
  const known: Record<string, string | undefined> = {
    '.metadata.deletionTimestamp': pod.deleted === true ? 'now' : undefined,
    '.spec.nodeName': 'node',
    '.status.phase': pod.phase,
    '.metadata.ownerReferences.[].kind': pod.kind,
    [`.metadata.annotations["${neverReadyAnnotation}"]`]: pod.neverReady,
  };
  assert.ok(key in known, `the test knows the key ${key}`);
  const value = known[key];
  return value === undefined ? [] : [value];
}

const pods: readonly (readonly [expected: string | undefined, pod: Parameters<typeof values>[1]])[] = [
  ['pod-ready', { phase: 'Pending' }],
  ['pod-ready', { phase: 'Pending', kind: 'ReplicaSet', neverReady: 'false' }],
  ['pod-never-ready', { phase: 'Pending', kind: 'ReplicaSet', neverReady: 'true' }],
  ['pod-never-ready', { phase: 'Pending', kind: 'Job', neverReady: 'true' }],
  ['pod-complete', { phase: 'Pending', kind: 'Job' }],
  [undefined, { phase: 'Running', kind: 'ReplicaSet' }],
  [undefined, { phase: 'Succeeded', kind: 'Job' }],
  ['pod-delete', { phase: 'Running', deleted: true }],
  ['pod-delete', { phase: 'Pending', kind: 'Job', deleted: true }],
];

for (const [expected, pod] of pods) {
  test(`at most one stage matches a pod, ${expected ?? 'none'} for ${JSON.stringify(pod)}`, () => {
    const matching = documents
      .filter((each) => each.spec.resourceRef.kind === 'Pod')
      .filter((each) =>
        each.spec.selector.matchExpressions.every(({ key, operator, values: wanted = [] }) => {
          const found = values(key, pod);
          if (operator === 'Exists') return found.length > 0;
          if (operator === 'DoesNotExist') return found.length === 0;
          return found.some((value) => wanted.includes(value)) === (operator === 'In');
        }),
      )
      .map((each) => each.metadata.name);
    assert.deepEqual(matching, expected === undefined ? [] : [expected]);
  });
}

test('statuses are never empty, and only deleted pods go', () => {
  for (const { metadata, spec } of documents) {
    if ('delete' in spec.next) assert.equal(metadata.name, 'pod-delete');
    else assert.match(spec.next.statusTemplate, /conditions:/);
  }
});
