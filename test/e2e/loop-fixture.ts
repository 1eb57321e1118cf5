/** What the tests of the reconcile loop share: a chart that shows its values, objects, and waiting for conditions. */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../../src/core/json/json.ts';
import type { Loose } from '../../src/demo/cluster.ts';
import { decodeRelease, encodeRelease, releaseSecretName } from '../../src/io/release-record.ts';
import { indexRepository, packageChart } from '../../src/sandbox/chart-repository.ts';
import { conditionOf, type Stage } from './stage.ts';

/** Generous: the machine may be doing other things. Nothing asserts on how long something took. */
export const PATIENCE_S = 40;

/** A policy that concerns no release here and says nothing of sources. */
export const LENIENT_POLICY = `apiVersion: helmgate.dev/v1alpha1
kind: Policy
metadata: {name: lenient}
spec:
  enforcement: Deny
  rules:
    - id: another-chart
      chartVersion:
        charts: [{name: not-in-these-tests}]
        within: ">=1.0.0"
`;

const PROBE: Readonly<Record<string, string>> = {
  'Chart.yaml': 'apiVersion: v2\nname: probe\nversion: 0.0.1\n',
  'values.yaml': 'data: {from: chart}\npassword: ""\nfail: false\nworkload: false\nneverReady: false\n',
  'templates/all.yaml': `{{- if .Values.fail }}{{ fail (printf "cannot log in with %s" .Values.password) }}{{ end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}-probe, labels: {chart-version: {{ .Chart.Version | quote }}}}
data: {{ toJson .Values.data }}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}-login}
stringData: {password: {{ .Values.password | quote }}}
{{- if .Values.workload }}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata:
      labels: {app: {{ .Release.Name }}}
      annotations: {sandbox.helmgate.dev/never-ready: {{ .Values.neverReady | quote }}}
    spec: {containers: [{name: probe, image: probe}]}
{{- end }}
`,
};

/** Packages the chart `probe` at a version into a folder and indexes that folder for a URL. */
export async function publishProbe(
  stage: Stage,
  version: string,
  target: { readonly dir: string; readonly url: string } = shelfOf(stage),
): Promise<void> {
  const chartDir = join(stage.folder, 'probe');
  for (const [name, text] of Object.entries(PROBE)) {
    await mkdir(dirname(join(chartDir, name)), { recursive: true });
    await writeFile(join(chartDir, name), text);
  }
  const { helm } = stage.sandbox.binaries;
  await packageChart({ helm, chartDir, version, outDir: target.dir });
  await indexRepository(helm, target.dir, target.url);
}

function shelfOf(stage: Stage): { readonly dir: string; readonly url: string } {
  return { dir: join(stage.folder, 'charts', 'packages'), url: stage.shelf.url };
}

export interface ProbeOptions {
  readonly namespace?: string;
  readonly version?: string;
  readonly source?: string;
  readonly sourceNamespace?: string;
}

/** A HelmRelease of the chart `probe` that only events wake. */
export function probeRelease(name: string, spec: object = {}, options: ProbeOptions = {}): object {
  const { namespace = 'default', version = '*', source = 'charts', sourceNamespace = 'default' } = options;
  const sourceRef = { kind: 'HelmRepository', name: source, namespace: sourceNamespace };
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: { name, namespace },
    spec: {
      interval: '1h',
      timeout: '10s',
      chart: { spec: { chart: 'probe', version, sourceRef } },
      ...spec,
    },
  };
}

export function configMap(name: string, data: object, namespace = 'default'): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data };
}

export function secret(name: string, stringData: object, namespace = 'default'): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData };
}

/** Waits until a HelmRelease (or another object) is as `wanted`; the error shows its last status. */
export async function eventually(
  stage: Stage,
  what: string,
  [kind, name, namespace = 'default']: readonly [kind: string, name: string, namespace?: string],
  wanted: (object: Loose) => boolean,
  seconds: number = PATIENCE_S,
): Promise<Loose> {
  let last: Loose | undefined;
  try {
    return await stage.until(what, seconds, async () => {
      last = await stage.get(kind, name, namespace);
      return last !== undefined && wanted(last) ? last : undefined;
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}\nlast seen: ${JSON.stringify(last?.status ?? last)}`);
  }
}

/** Waits for `Ready` of a HelmRelease at its newest generation. */
export function untilReady(
  stage: Stage,
  name: string,
  namespace = 'default',
  also: (object: Loose) => boolean = () => true,
): Promise<Loose> {
  return eventually(stage, `${name} is Ready`, ['helmrelease', name, namespace], (object) => {
    const ready = conditionOf(object, 'Ready');
    return ready?.status === 'True' && isObserved(object) && also(object);
  });
}

/** Waits for `Ready=False` with a reason. */
export function untilRefused(
  stage: Stage,
  name: string,
  reason: string,
  namespace = 'default',
): Promise<Loose> {
  return eventually(stage, `${name} shows ${reason}`, ['helmrelease', name, namespace], (object) => {
    const ready = conditionOf(object, 'Ready');
    return (
      ready?.status === 'False' &&
      ready.reason === reason &&
      ready.observedGeneration === object.metadata.generation
    );
  });
}

export function untilGone(stage: Stage, kind: string, name: string, namespace = 'default'): Promise<true> {
  return stage.until(`${kind} ${name} is gone`, PATIENCE_S, async () =>
    (await stage.get(kind, name, namespace)) === undefined ? true : undefined,
  );
}

function isObserved(object: Loose): boolean {
  return object.status?.observedGeneration === object.metadata.generation;
}

/** Data of the ConfigMap that a release of `probe` made. */
export async function probeData(stage: Stage, release: string, namespace = 'default'): Promise<Loose> {
  return (await stage.get('configmap', `${release}-probe`, namespace))?.data;
}

let requests = 0;
/** Asks for a pass as `flux reconcile` does, and answers the token. */
export async function request(
  stage: Stage,
  name: string,
  also: readonly ('forceAt' | 'resetAt')[] = [],
  namespace = 'default',
): Promise<string> {
  requests += 1;
  const token = `request-${requests}`;
  const annotations = ['requestedAt', ...also].map((key) => `reconcile.fluxcd.io/${key}=${token}`);
  await stage.kubectl('annotate', 'helmrelease', name, '-n', namespace, '--overwrite', ...annotations);
  return token;
}

export function untilHandled(stage: Stage, name: string, token: string): Promise<Loose> {
  return eventually(
    stage,
    `${name} handled ${token}`,
    ['helmrelease', name],
    (object) => object.status?.lastHandledReconcileAt === token,
  );
}

/** A helm that counts how often it is called, for `--helm`. */
export class CountingHelm implements AsyncDisposable {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  get path(): string {
    return join(this.#dir, 'helm');
  }

  /** It waits with its first call until {@link CountingHelm.stand} says where the real helm is. */
  static async make(): Promise<CountingHelm> {
    const dir = await mkdtemp(join(tmpdir(), 'helmgate-counting-'));
    const script = `#!/bin/sh
echo "$1 $2" >> '${dir}/calls'
while [ ! -e '${dir}/real' ]; do sleep 0.1; done
exec "$(cat '${dir}/real')" "$@"
`;
    await writeFile(join(dir, 'helm'), script);
    await chmod(join(dir, 'helm'), 0o755);
    return new CountingHelm(dir);
  }

  async stand(realHelm: string): Promise<void> {
    await writeFile(join(this.#dir, 'real'), realHelm);
  }

  /** `verb release` of each call for a release, in order. */
  async callsFor(release: string): Promise<readonly string[]> {
    const text = await readFile(join(this.#dir, 'calls'), 'utf8');
    return text
      .trim()
      .split('\n')
      .filter((line) => line.split(' ')[1] === release);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Rewrites helm's newest record of a release as if helm had left it in a status. */
export async function rewriteRecord(
  stage: Stage,
  release: string,
  status: string,
  namespace = 'default',
): Promise<void> {
  const history = await stage.helmHistory(release, namespace);
  const name = releaseSecretName(release, history.at(-1)?.revision);
  const { data } = await stage.get('secret', name, namespace);
  const { raw } = await decodeRelease(Buffer.from(data.release, 'base64'));
  const record = await encodeRelease({ ...raw, info: { ...(raw['info'] as JsonObject), status } });
  const patch = {
    metadata: { labels: { status } },
    data: { release: Buffer.from(record).toString('base64') },
  };
  const args = ['patch', 'secret', name, '-n', namespace, '--type=merge', '-p', JSON.stringify(patch)];
  await stage.kubectl(...args);
}
