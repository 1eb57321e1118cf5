import fc from 'fast-check';
import { type Constraint, parseConstraint } from '../../../src/core/version/constraint.ts';
import { type Range, toRange } from '../../../src/core/version/range.ts';
import { parseVersion, type Version } from '../../../src/core/version/version.ts';

/** Runs of each property; a long run sets PROPERTY_RUNS. */
export const RUNS: number = Number(process.env['PROPERTY_RUNS'] ?? 400);

export function versionOf(text: string): Version {
  const result = parseVersion(text);
  if (!result.ok) throw new Error(`${text}: ${result.error.message}`);
  return result.version;
}

export function constraintOf(text: string): Constraint {
  const result = parseConstraint(text);
  if (!result.ok) throw new Error(`${text}: ${result.error.message}`);
  return result.constraint;
}

export function rangeOf(text: string): Range {
  return toRange(constraintOf(text));
}

const MAX = '18446744073709551615';

// Few values, so that bounds meet, touch and cross often; the largest number, so that successors carry.
const number = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('0', '1', '2', '3') },
  { weight: 1, arbitrary: fc.constant(MAX) },
);
const identifier = fc.constantFrom('0', '1', '10', 'a', 'a-b', 'rc', '18446744073709551616');
const prerelease = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts) => `-${parts.join('.')}`);
const maybePrerelease = fc.oneof(
  { weight: 3, arbitrary: fc.constant('') },
  { weight: 2, arbitrary: prerelease },
);

export const versionText: fc.Arbitrary<string> = fc
  .tuple(number, number, number, maybePrerelease)
  .map(([major, minor, patch, suffix]) => `${major}.${minor}.${patch}${suffix}`);

const wild = fc.oneof(
  { weight: 6, arbitrary: number },
  { weight: 1, arbitrary: fc.constantFrom('x', '*', 'X') },
);
const operand = fc
  .tuple(fc.array(wild, { minLength: 1, maxLength: 3 }), maybePrerelease)
  .map(([numbers, suffix]) => numbers.join('.') + suffix);
const operator = fc.constantFrom('', '=', '!=', '>', '<', '>=', '=>', '<=', '=<', '~', '~>', '^');
const atom = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(operator, operand).map(([written, version]) => written + version) },
  { weight: 1, arbitrary: fc.tuple(operand, operand).map(([low, high]) => `,${low} - ${high}`) },
);
const group = fc
  .array(atom, { minLength: 1, maxLength: 3 })
  .map((atoms) => atoms.join(' ').replaceAll(' ,', ',').replace(/^,/, ''));

/** A valid constraint of up to three groups. */
export const constraintText: fc.Arbitrary<string> = fc
  .array(group, { minLength: 1, maxLength: 3 })
  .map((groups) => groups.join(' || '))
  .filter((text) => parseConstraint(text).ok);
