import type { JsonObject } from '../json/json.ts';
import { formatPath } from '../json/path.ts';
import { parsePointer } from '../json/pointer.ts';
import { misplacedField } from '../release/field-choices.ts';
import { BUILT_IN_PLACE } from './built-in.ts';
import type { Finding, Mutation } from './decision.ts';
import { shapeProblem } from './object-shape.ts';
import { shortText } from './short-text.ts';

/**
 * What is wrong with an object that rules have changed and that had nothing wrong with it before, under the name of the rule whose change
 * lies nearest; undefined when it still has the expected shape.
 */
export function unfitMutation(
  kind: string,
  from: JsonObject,
  to: JsonObject,
  mutations: readonly Mutation[],
): Finding | undefined {
  if (mutations.length === 0) return undefined;
  const misplaced = misplacedField(kind, from) === undefined ? misplacedField(kind, to) : undefined;
  const problem = misplaced ?? shapeProblem(kind, to);
  const mutation = problem === undefined ? undefined : nearest(problem.path, mutations);
  if (problem === undefined || mutation === undefined) return undefined;
  const { policy, rule, pointer, place = BUILT_IN_PLACE } = mutation;
  const changed = formatPath(parsePointer(pointer) ?? []);
  return {
    policy,
    rule,
    reason: 'InvalidObject',
    enforcement: 'Deny',
    path: problem.path,
    message: shortText(`${problem.message}: this rule has changed ${changed}`),
    ...(misplaced === undefined ? {} : { wouldPass: shortText(`no ${problem.path}`) }),
    place,
  };
}

/** The mutation that has the most of its way in common with a path; of several the last. */
function nearest(path: string, mutations: readonly Mutation[]): Mutation | undefined {
  const wanted = path.split('.');
  const inCommon = ({ pointer }: Mutation): number => {
    const tokens = parsePointer(pointer) ?? [];
    const apart = tokens.findIndex((token, index) => token !== wanted[index]);
    return apart === -1 ? tokens.length : apart;
  };
  return mutations.reduce<Mutation | undefined>(
    (best, each) => (best !== undefined && inCommon(best) > inCommon(each) ? best : each),
    undefined,
  );
}
