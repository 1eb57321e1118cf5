import { type Dispatcher, request } from 'undici';

/** What Helmgate has counted so far: admitted dry-run creates of HelmReleases, and evaluations by `policy/rule`. */
export interface Judged {
  readonly requests: number;
  readonly rules: ReadonlyMap<string, number>;
}

/** Reads the counters from `/metrics`. */
export async function readJudged(url: string, dispatcher: Dispatcher): Promise<Judged> {
  const answer = await request(url, { dispatcher });
  let requests = 0;
  const rules = new Map<string, number>();
  for (const line of (await answer.body.text()).split('\n')) {
    const [, name, labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    const label = (key: string): string | undefined => new RegExp(`${key}="([^"]*)"`).exec(labels)?.[1];
    if (name === 'helmgate_admission_requests_total') {
      const isOurs =
        label('kind') === 'HelmRelease' && label('dry_run') === 'true' && label('allowed') === 'true';
      if (isOurs) requests += Number(value);
    } else if (name === 'helmgate_rule_results_total') {
      const rule = `${label('policy')}/${label('rule')}`;
      rules.set(rule, (rules.get(rule) ?? 0) + Number(value));
    }
  }
  return { requests, rules };
}

/** Why the counters do not say that each request was reviewed twice, and each rule evaluated in each review. */
export function judgedProblems(
  before: Judged,
  after: Judged,
  sent: number,
  rules: readonly string[],
): readonly string[] {
  const reviews = after.requests - before.requests;
  const problems = sent === 0 ? ['nothing was sent'] : [];
  if (reviews !== 2 * sent)
    problems.push(`${sent} requests, but ${reviews} reviews instead of twice as many`);
  for (const rule of rules) {
    const times = (after.rules.get(rule) ?? 0) - (before.rules.get(rule) ?? 0);
    if (times !== 2 * sent) problems.push(`${rule} was evaluated ${times} times in ${2 * sent} reviews`);
  }
  return problems;
}
