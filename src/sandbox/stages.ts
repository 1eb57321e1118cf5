/** Pods with this annotation set to `"true"` run but never become ready: for upgrades that must fail. */
export const neverReadyAnnotation = 'sandbox.helmgate.dev/never-ready';

/** Under the 40 s after which the node-lifecycle controller calls a silent node unknown. */
const heartbeatMs = 20_000;

interface Match {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[];
}

const alive: Match = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };
const pending: Match = { key: '.status.phase', operator: 'In', values: ['Pending'] };
const scheduled: Match = { key: '.spec.nodeName', operator: 'Exists' };
const ownerKind = '.metadata.ownerReferences.[].kind';
const neverReady = `.metadata.annotations["${neverReadyAnnotation}"]`;
const nodeReady = '.status.conditions.[] | select( .type == "Ready" ) | .status';

const nodeConditions = `
{{ $now := Now }}
{{ $since := or .metadata.creationTimestamp $now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $since | Quote }}
{{ end }}
`;

const nodeFacts = `
phase: Running
addresses:
- type: Hostname
  address: {{ .metadata.name | Quote }}
- type: InternalIP
  address: {{ NodeIP | Quote }}
capacity: { cpu: "256", memory: 1Ti, pods: "10000" }
allocatable: { cpu: "256", memory: 1Ti, pods: "10000" }
`;

/** Status of a pod whose containers all run; `ready` is what its probes would say. */
function runningPod(ready: boolean): string {
  const status = ready ? '"True"' : '"False"';
  const reason = ready
    ? ''
    : '\n  reason: ContainersNotReady\n  message: the sandbox was asked to keep it so';
  return `
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
conditions:
- type: Initialized
  status: "True"
  lastTransitionTime: {{ $now | Quote }}
- type: Ready
  status: ${status}
  lastTransitionTime: {{ $now | Quote }}${reason}
- type: ContainersReady
  status: ${status}
  lastTransitionTime: {{ $now | Quote }}${reason}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: ${ready}
  started: true
  restartCount: 0
  state:
    running:
      startedAt: {{ $now | Quote }}
{{ end }}
${podAddresses}`;
}

const podAddresses = `
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
podIP: {{ PodIPWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) | Quote }}
`;

const succeededPod = `
{{ $now := Now }}
phase: Succeeded
startTime: {{ $now | Quote }}
conditions:
- type: Ready
  status: "False"
  reason: PodCompleted
  lastTransitionTime: {{ $now | Quote }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  ready: false
  started: false
  restartCount: 0
  state:
    terminated:
      exitCode: 0
      reason: Completed
      startedAt: {{ $now | Quote }}
      finishedAt: {{ $now | Quote }}
{{ end }}
${podAddresses}`;

/** One kwok Stage: objects of the kind that match move on to `next`, after `delayMs` where given. */
export interface Stage {
  readonly apiVersion: 'kwok.x-k8s.io/v1alpha1';
  readonly kind: 'Stage';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly resourceRef: { readonly apiGroup: 'v1'; readonly kind: 'Node' | 'Pod' };
    readonly selector: { readonly matchExpressions: readonly Match[] };
    readonly delay?: { readonly durationMilliseconds: number };
    readonly next: { readonly delete: true } | { readonly statusTemplate: string };
  };
}

function stage(
  name: string,
  kind: 'Node' | 'Pod',
  matchExpressions: readonly Match[],
  next: Stage['spec']['next'],
  delayMs?: number,
): Stage {
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind },
      selector: { matchExpressions },
      ...(delayMs === undefined ? {} : { delay: { durationMilliseconds: delayMs } }),
      next,
    },
  };
}

/**
 * What stands in for kubelets: nodes become Ready and stay so, pods run at once and become ready (or never, by
 * {@link neverReadyAnnotation}), a Job's pods succeed, deleted pods go.
 *
 * At most one stage matches an object at a time: kwok picks by chance between several.
 */
export const sandboxStages: readonly Stage[] = [
  stage('node-initialize', 'Node', [{ key: nodeReady, operator: 'NotIn', values: ['True'] }], {
    statusTemplate: nodeConditions + nodeFacts,
  }),
  stage(
    'node-heartbeat',
    'Node',
    [{ key: nodeReady, operator: 'In', values: ['True'] }],
    { statusTemplate: nodeConditions },
    heartbeatMs,
  ),
  stage(
    'pod-ready',
    'Pod',
    [
      alive,
      scheduled,
      pending,
      { key: ownerKind, operator: 'NotIn', values: ['Job'] },
      { key: neverReady, operator: 'NotIn', values: ['true'] },
    ],
    { statusTemplate: runningPod(true) },
  ),
  stage(
    'pod-never-ready',
    'Pod',
    [alive, scheduled, pending, { key: neverReady, operator: 'In', values: ['true'] }],
    { statusTemplate: runningPod(false) },
  ),
  stage(
    'pod-complete',
    'Pod',
    [
      alive,
      scheduled,
      pending,
      { key: ownerKind, operator: 'In', values: ['Job'] },
      { key: neverReady, operator: 'NotIn', values: ['true'] },
    ],
    { statusTemplate: succeededPod },
  ),
  stage('pod-delete', 'Pod', [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }], { delete: true }),
];

/** The file for `kwok --config`: one document per stage, in JSON, which is YAML too. */
export function renderStages(stages: readonly Stage[]): string {
  return stages.map((each) => `---\n${JSON.stringify(each, undefined, 2)}\n`).join('');
}
