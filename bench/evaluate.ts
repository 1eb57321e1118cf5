/**
 * One judgement at admission: sets of 10, 50 and 200 rules of eleven kinds, on a HelmRelease of 2, 8 and 1,400 KB that every rule is
 * about, that three of them change, and that is then allowed. Each call has an object of its own.
 *
 * Beside each stands what any webhook pays for the same object in the same run: parsing its text (`parse`) and copying it
 * (`clone`). The sides take turns within one process, so that what else the machine does hits all of them. Each combination has a
 * child process as `helmgate serve` is started, and another one for counting allocations, with a young generation so large that
 * nothing is collected meanwhile.
 *
 * `node bench/evaluate.ts [--calls 2000] [-o json]`. Fails when a judgement was not what it should be.
 */
import { spawn } from 'node:child_process';
import { text as readText } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import type { JsonObject } from '../src/core/json/json.ts';
import { parseJson } from '../src/core/json/parse.ts';
import { compilePolicySet } from '../src/core/policy/compile.ts';
import type { Decision } from '../src/core/policy/decision.ts';
import { evaluate } from '../src/core/policy/evaluate.ts';
import { type Facts, sourceKey } from '../src/core/policy/facts.ts';
import { formatLocatedError } from '../src/core/policy/located-error.ts';
import type { PolicySet } from '../src/core/policy/policy-set.ts';
import type { Subject } from '../src/core/policy/subject.ts';
import { quantile, rounded } from './process-figures.ts';

const RULES = [10, 50, 200] as const;
const KILOBYTES = [2, 8, 1400] as const;
const SIDES = ['evaluate', 'parse', 'clone'] as const;
const RULES_PER_POLICY = 10;
const SOURCE = 'https://flagger.app';
/** Calls before anything is measured: compiled code, caches of ranges. */
const WARM_UP = 1000;
/** What is allocated while it is counted; half of what the young generation of the child holds. */
const COUNTED_BYTES = 128e6;
const YOUNG_MB = 512;

/** What one side of one combination measured. */
interface Figures {
  readonly rules: number;
  readonly kilobytes: number;
  readonly side: (typeof SIDES)[number];
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The same of the quietest tenth of the run, which comes closest to a machine with nothing else to do. */
  readonly quietP50Ms: number;
  readonly quietP99Ms: number;
  readonly allocatedKb: number;
}

const { values: flags } = parseArgs({
  options: {
    calls: { type: 'string', default: '2000' },
    output: { type: 'string', short: 'o', default: 'table' },
    rules: { type: 'string' },
    kilobytes: { type: 'string' },
    count: { type: 'boolean', default: false },
  },
});
const calls = Number(flags.calls);

const source = { kind: 'HelmRepository', namespace: 'team-a', name: 'flagger' };
const FACTS: Facts = {
  now: '2026-06-01T00:00:00Z',
  namespaceLabels: { known: true, value: { tier: 'prod' } },
  otherNamespaceLabels: new Map([['prod-a', { known: true, value: { tier: 'prod' } }]]),
  sources: new Map([
    [
      sourceKey(source.kind, source.namespace, source.name),
      { known: true, value: { ...source, url: SOURCE } },
    ],
  ]),
  releases: { known: true, value: [] },
  dependents: { known: true, value: [] },
  kubeVersion: { known: true, value: 'v1.36.3' },
  chart: { known: false, why: 'Unsupported' },
  values: { known: false, why: 'Unsupported' },
};

type Sides<T> = Readonly<Record<Figures['side'], T>>;

async function compare(rules: number, kilobytes: number): Promise<readonly Figures[]> {
  const what = ['--rules', `${rules}`, '--kilobytes', `${kilobytes}`, '--calls', flags.calls];
  const young = [`--min-semi-space-size=${YOUNG_MB}`, `--max-semi-space-size=${YOUNG_MB}`];
  const times = await inChild<readonly number[]>([import.meta.filename, ...what]);
  const bytes = await inChild<number>(['--expose-gc', ...young, import.meta.filename, ...what, '--count']);
  return SIDES.map((side) => ({
    rules,
    kilobytes,
    side,
    p50Ms: rounded(quantile(times[side], 0.5), 3),
    p99Ms: rounded(quantile(times[side], 0.99), 3),
    ...quietest(times[side]),
    allocatedKb: rounded(bytes[side] / 1000, 1),
  }));
}

function quietest(times: readonly number[]): Pick<Figures, 'quietP50Ms' | 'quietP99Ms'> {
  const size = Math.ceil(times.length / 10);
  const parts = Array.from({ length: 10 }, (_part, at) => times.slice(at * size, (at + 1) * size));
  const [best = []] = parts
    .filter((part) => part.length === size)
    .sort((a, b) => quantile(a, 0.99) - quantile(b, 0.99));
  return { quietP50Ms: rounded(quantile(best, 0.5), 3), quietP99Ms: rounded(quantile(best, 0.99), 3) };
}

async function inChild<T>(args: readonly string[]): Promise<Sides<T>> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const text = await readText(child.stdout);
  if (text === '') throw new Error(`${args.join(' ')}: nothing was measured`);
  return JSON.parse(text) as Sides<T>;
}

/** A request brings its own object: what is remembered of objects helps within one judgement only. */
interface Bench {
  readonly fresh: () => JsonObject;
  readonly sides: Sides<(object: JsonObject) => unknown>;
}

function benchOf(rules: number, kilobytes: number): Bench {
  const set = compile(rules);
  const text = JSON.stringify(makeRelease(kilobytes * 1000));
  const fresh = () => JSON.parse(text) as JsonObject;
  const judge = (object: JsonObject) => evaluate(set, subjectOf(object), FACTS, 'admission');
  assertJudged(judge(fresh()), rules);
  return {
    fresh,
    sides: { evaluate: judge, parse: () => parseJson(text), clone: (object) => structuredClone(object) },
  };
}

/** Milliseconds of each call of each side. */
function measure(rules: number, kilobytes: number): Sides<readonly number[]> {
  const { fresh, sides } = benchOf(rules, kilobytes);
  const times: Sides<number[]> = { evaluate: [], parse: [], clone: [] };
  const share = shareOf(kilobytes);
  for (let turn = -WARM_UP * share; turn < calls * share; turn += 1) {
    for (const side of SIDES) {
      const object = fresh();
      const startedMs = performance.now();
      sides[side](object);
      if (turn >= 0) times[side].push(performance.now() - startedMs);
    }
  }
  assertJudged(sides.evaluate(fresh()) as Decision, rules);
  return times;
}

/** A turn on a megabyte costs as much as a hundred on a few kilobytes. */
function shareOf(kilobytes: number): number {
  return kilobytes > 100 ? 0.1 : 1;
}

/** Bytes that one call of each side allocates. */
function count(rules: number, kilobytes: number): Sides<number> {
  const { fresh, sides } = benchOf(rules, kilobytes);
  const warm = (call: (object: JsonObject) => unknown) => {
    for (let at = 0; at < WARM_UP * shareOf(kilobytes); at += 1) call(fresh());
    return allocatedBytes(fresh, call);
  };
  return { evaluate: warm(sides.evaluate), parse: warm(sides.parse), clone: warm(sides.clone) };
}

/**
 * Bytes of one call: the growth of the heap over as many calls as fit into the young generation. What the collector frees in between
 * can only make it less, so the most of some tries counts.
 */
function allocatedBytes(fresh: () => JsonObject, call: (object: JsonObject) => unknown): number {
  const most = (times: number) =>
    Math.max(...Array.from({ length: 5 }, () => heapGrowth(Array.from({ length: times }, fresh), call)));
  const one = most(1);
  const times = Math.max(1, Math.min(50, Math.floor(COUNTED_BYTES / Math.max(one, 1))));
  return most(times) / times;
}

function heapGrowth(objects: readonly JsonObject[], call: (object: JsonObject) => unknown): number {
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (const object of objects) call(object);
  return process.memoryUsage().heapUsed - before;
}

function assertJudged({ allowed, findings, mutations, ruleResults }: Decision, rules: number): void {
  const ran = ruleResults.length;
  if (!allowed || ran !== rules || mutations.length === 0)
    throw new Error(`${ran} of ${rules} rules, ${mutations.length} changes: ${JSON.stringify(findings[0])}`);
}

/** What a set needs once: the last rule of the first policies. Of the others the last rule is one more expression. */
const ONCE: readonly JsonObject[] = [
  { ineffective: {} },
  {
    values: {
      schema: {
        properties: { component0001: { properties: { replicas: { type: 'integer', maximum: 9 } } } },
      },
      secrets: 'Deny',
    },
  },
];

/** One rule of each kind in turn; charts, ranges and URLs differ from policy to policy, as people write them. */
function ruleAt(policy: number, index: number): JsonObject {
  const kinds: readonly JsonObject[] = [
    { allowedSources: [{ url: `https://charts-${policy}.example` }, { url: SOURCE }] },
    {
      chartVersion: {
        charts: [{ name: policy === 0 ? 'flagger' : `chart-${policy}`, source: SOURCE }],
        within: `>=1.${policy}.0 <2.0.0`,
        wider: 'Narrow',
      },
    },
    {
      defaults: {
        HelmRelease: {
          'spec.install.remediation.retries': 3,
          'spec.upgrade.remediation': { retries: 5, strategy: 'rollback' },
          'spec.timeout': '5m',
        },
      },
    },
    { overrides: { HelmRelease: { 'spec.serviceAccountName': 'tenant' } } },
    { bounds: { 'spec.interval': { min: '1m', max: '24h' }, 'spec.maxHistory': { max: 20 } } },
    { require: { 'spec.driftDetection.mode': { oneOf: ['enabled', 'warn'] } } },
    { forbid: { 'spec.kubeConfig': { present: true }, triggers: ['resetAt'] } },
    { references: { sourceRef: ['own', 'flux-system'], targetNamespaces: ['own', 'prod-*'] } },
    expressionOf("duration(effective.spec.interval) >= duration('1m')"),
    ONCE[policy] ?? expressionOf("object.metadata.name.startsWith('app') && request.operation == 'CREATE'"),
  ];
  return kinds[index] ?? {};
}

function expressionOf(expression: string): JsonObject {
  return { expression: [{ expression, message: 'no' }] };
}

function compile(rules: number): PolicySet {
  const files = Array.from({ length: rules / RULES_PER_POLICY }, (_policy, at) => {
    const name = `p${at}`;
    const spec = {
      match: {
        namespaces: { names: ['team-*', 'prod-*'], labels: { matchLabels: { tier: 'prod' } } },
        exclude: { names: ['legacy-*'], subjects: [{ group: 'platform-admins' }] },
      },
      enforcement: { action: 'Deny', namespaces: [{ names: ['*-sandbox'], action: 'Warn' }] },
      rules: Array.from({ length: RULES_PER_POLICY }, (_rule, index) => ({
        id: `r${index}`,
        ...ruleAt(at, index),
      })),
    };
    const policy = { apiVersion: 'helmgate.dev/v1alpha1', kind: 'Policy', metadata: { name }, spec };
    return { path: `${name}.yaml`, text: JSON.stringify(policy) };
  });
  const compiled = compilePolicySet(files);
  if (!compiled.ok) throw new Error(compiled.errors.map(formatLocatedError).join('\n'));
  return compiled.set;
}

/** A HelmRelease whose text is about as long as said, most of it values. */
function makeRelease(bytes: number): JsonObject {
  const managed = {
    'f:spec': { 'f:interval': {}, 'f:chart': { 'f:spec': { 'f:version': {} } }, 'f:values': {} },
  };
  const release = (values: JsonObject): JsonObject => ({
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: {
      name: 'app',
      namespace: 'team-a',
      labels: { 'app.kubernetes.io/name': 'app', tier: 'prod' },
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      managedFields: [{ manager: 'kustomize-controller', operation: 'Apply', fieldsV1: managed }],
    },
    spec: {
      interval: '10m',
      targetNamespace: 'prod-a',
      driftDetection: { mode: 'enabled' },
      chart: {
        spec: { chart: 'flagger', version: '*', sourceRef: { kind: 'HelmRepository', name: 'flagger' } },
      },
      values,
    },
  });
  const component = (index: number): JsonObject => ({
    image: { repository: `ghcr.io/acme/app-${index}`, tag: '1.2.3', pullPolicy: 'IfNotPresent' },
    replicas: index % 5,
    resources: { limits: { cpu: '500m', memory: '256Mi' }, requests: { cpu: '10m', memory: '64Mi' } },
    enabled: index % 2 === 0,
  });
  const each = JSON.stringify({ component0000: component(0) }).length;
  const left = Math.max(0, bytes - JSON.stringify(release({})).length);
  const entries = Array.from({ length: Math.round(left / each) }, (_each, index) => [
    `component${String(index).padStart(4, '0')}`,
    component(index),
  ]);
  return release(Object.fromEntries(entries) as JsonObject);
}

function subjectOf(object: JsonObject): Subject {
  return {
    operation: 'CREATE',
    group: 'helm.toolkit.fluxcd.io',
    version: 'v2',
    kind: 'HelmRelease',
    namespace: 'team-a',
    name: 'app',
    object,
    user: { username: 'system:serviceaccount:flux-system:kustomize-controller', groups: ['system:masters'] },
    dryRun: false,
  };
}

if (flags.rules !== undefined) {
  const run = flags.count ? count : measure;
  console.log(JSON.stringify(run(Number(flags.rules), Number(flags.kilobytes))));
} else {
  const rows: Figures[] = [];
  for (const rules of RULES) {
    for (const kilobytes of KILOBYTES) rows.push(...(await compare(rules, kilobytes)));
  }
  if (flags.output === 'json') console.log(JSON.stringify({ calls, rows }));
  else console.table(rows);
  if (rows.length !== SIDES.length * RULES.length * KILOBYTES.length) process.exitCode = 1;
}
