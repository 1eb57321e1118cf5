import {
  type Constraint,
  type ConstraintResult,
  check,
  MAX_CONSTRAINT_LENGTH,
  parseConstraint,
} from '../../version/constraint.ts';
import { isSubset, toRange } from '../../version/range.ts';
import {
  compareVersions,
  MAX_VERSION_LENGTH,
  parseVersion,
  type Version,
  type VersionResult,
} from '../../version/version.ts';
import { CelError } from '../cel-error.ts';
import type { Literal } from '../expression-tree.ts';
import type { Run } from '../run.ts';
import type { Value } from '../value.ts';
import { type CelFunction, type Prepared, textArgument } from './function-definition.ts';

/** For each character of a constraint or a version that is read: 512 of them take some 200 us. */
const CHARACTER_COST = 10;

/**
 * Working out the ranges of two constraints and comparing them grows with the product of their comparisons: two of 512 characters take up
 * to 7 ms, two of 20 some 10 us.
 */
function subsetCost(left: Constraint, right: Constraint): number {
  const [a, b] = [left.original.length, right.original.length];
  return Math.ceil((a * a + b * b) / 8 + (a * b) / 4);
}

export const SEMVER_FUNCTIONS: readonly CelFunction[] = [
  {
    kind: 'member',
    name: 'semver.matches',
    signatures: ['semver.matches(string, string): bool'],
    text: 'whether a constraint (first) admits a version',
    prepare: firstIsConstraint,
    call: (run, args) => check(constraintOf(run, args, 0), versionOf(run, args, 1)),
  },
  {
    kind: 'member',
    name: 'semver.within',
    signatures: ['semver.within(string, string): bool'],
    text: 'whether every version that the first constraint could ever admit is admitted by the second too',
    prepare: bothAreConstraints,
    call(run, args) {
      const [range, allowed] = [constraintOf(run, args, 0), constraintOf(run, args, 1)];
      run.charge(subsetCost(range, allowed));
      return isSubset(toRange(range), toRange(allowed)).subset;
    },
  },
  {
    kind: 'member',
    name: 'semver.compare',
    signatures: ['semver.compare(string, string): int'],
    text: '-1, 0 or 1: whether the first version is below, equal to or above the second',
    call: (run, args) => BigInt(compareVersions(versionOf(run, args, 0), versionOf(run, args, 1))),
  },
  {
    kind: 'member',
    name: 'semver.isVersion',
    signatures: ['semver.isVersion(string): bool'],
    text: 'whether a text is one version, not a range',
    call(run, args) {
      return readVersion(run, textArgument('semver.isVersion', args, 0)).ok;
    },
  },
  {
    kind: 'member',
    name: 'semver.isConstraint',
    signatures: ['semver.isConstraint(string): bool'],
    text: 'whether a text is a constraint that Helm and Flux can read',
    call(run, args) {
      return readConstraint(run, textArgument('semver.isConstraint', args, 0)).ok;
    },
  },
  {
    kind: 'member',
    name: 'semver.isPrerelease',
    signatures: ['semver.isPrerelease(string): bool'],
    text: 'whether a version is a prerelease',
    call: (run, args) => versionOf(run, args, 0).prerelease.length > 0,
  },
  part('major', ({ major }) => major),
  part('minor', ({ minor }) => minor),
  part('patch', ({ patch }) => patch),
];

function part(name: string, pick: (version: Version) => bigint): CelFunction {
  return {
    kind: 'member',
    name: `semver.${name}`,
    signatures: [`semver.${name}(string): int`],
    text: `the ${name} number of a version`,
    call(run, args) {
      const number = pick(versionOf(run, args, 0));
      if (number < 2n ** 63n) return number;
      throw new CelError(`semver.${name}: the number does not fit an int of 64 bits`);
    },
  };
}

function firstIsConstraint([first]: readonly (Literal | undefined)[]): Prepared | undefined {
  return constraintProblem(first, 0);
}

function bothAreConstraints([first, second]: readonly (Literal | undefined)[]): Prepared | undefined {
  return constraintProblem(first, 0) ?? constraintProblem(second, 1);
}

function constraintProblem(written: Literal | undefined, index: number): Prepared | undefined {
  if (typeof written !== 'string') return undefined;
  const result = parseConstraint(written);
  return result.ok ? undefined : { problem: `the constraint cannot be read: ${result.error.message}`, index };
}

function constraintOf(run: Run, args: readonly Value[], index: number): Constraint {
  const result = readConstraint(run, textArgument('semver', args, index));
  if (result.ok) return result.constraint;
  throw new CelError(`semver: the constraint cannot be read: ${result.error.message}`);
}

function versionOf(run: Run, args: readonly Value[], index: number): Version {
  const result = readVersion(run, textArgument('semver', args, index));
  if (result.ok) return result.version;
  throw new CelError(`semver: the version cannot be read: ${result.error.message}`);
}

/** Longer texts are refused at once. */
function readConstraint(run: Run, text: string): ConstraintResult {
  run.charge(CHARACTER_COST * Math.min(text.length, MAX_CONSTRAINT_LENGTH));
  return parseConstraint(text);
}

function readVersion(run: Run, text: string): VersionResult {
  run.charge(CHARACTER_COST * Math.min(text.length, MAX_VERSION_LENGTH));
  return parseVersion(text);
}
