/** What an evaluation costs, beside the library's own evaluator, which counts nothing and wants its integers as bigint. */
import { Environment } from '@marcbachmann/cel-js';
import { Language } from '../src/core/cel/compile-expression.ts';

const OBJECT = {
  metadata: { name: 'flagger', labels: { team: 'a', tier: 'prod' } },
  spec: {
    interval: '5m',
    retries: 3,
    chart: { spec: { version: '1.30.0', sourceRef: { kind: 'HelmRepository' } } },
    list: Array.from({ length: 100 }, (_, index) => ({
      name: `n${index}`,
      image: `ghcr.io/acme/app:${index}`,
    })),
  },
};

/** Each is true of OBJECT; those with `ours` use what the library does not have. */
const EXPRESSIONS: readonly { readonly text: string; readonly ours?: true }[] = [
  { text: 'object.spec.retries <= 5' },
  { text: 'object.metadata.labels.team == "a" && (object.spec.retries > 5 || object.spec.interval == "5m")' },
  {
    text: 'has(object.spec.chart) && object.spec.chart.spec.sourceRef.kind in ["HelmRepository", "OCIRepository"]',
  },
  { text: 'object.metadata.name.matches("^[a-z]([-a-z0-9]*[a-z0-9])?$")' },
  { text: 'object.spec.list.all(x, x.image.startsWith("ghcr.io/acme/"))' },
  { text: 'duration(object.spec.interval) >= duration("1m")' },
  { text: 'semver.within(object.spec.chart.spec.version, ">=1.28.0 <2.0.0")', ours: true },
];

const ROUNDS = 5;
const RUNS = 20_000;

/** Microseconds of one call, the best of some rounds. */
function timeOf(call: () => unknown): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    for (let run = 0; run < RUNS; run += 1) {
      if (call() !== true) throw new Error('an expression is not true');
    }
    best = Math.min(best, ((performance.now() - start) * 1_000) / RUNS);
  }
  return best;
}

function withBigInts(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Array.isArray(value)) return value.map(withBigInts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withBigInts(entry)]));
}

const language = new Language([{ name: 'object', type: 'dyn', text: '' }]);
const environment = new Environment().registerVariable('object', 'dyn');
const converted = { object: withBigInts(OBJECT) };

const rows = EXPRESSIONS.map(({ text, ours }) => {
  const compiled = language.compile(text, 'bool');
  if (!compiled.ok) throw new Error(`${text}: ${JSON.stringify(compiled.problems)}`);
  const { expression } = compiled;
  const evaluate = (): unknown => {
    const outcome = expression.evaluate(() => OBJECT);
    return outcome.kind === 'value' && outcome.value;
  };
  const theirs = ours === true ? undefined : environment.parse(text);
  const round = (microseconds: number): number => Math.round(microseconds * 100) / 100;
  return {
    expression: text.slice(0, 60),
    steps: expression.evaluate(() => OBJECT).cost,
    us: round(timeOf(evaluate)),
    libraryUs: theirs === undefined ? undefined : round(timeOf(() => theirs(converted))),
  };
});
console.table(rows);
