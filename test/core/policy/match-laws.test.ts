import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../../src/core/json/json.ts';
import { compileMatch } from '../../../src/core/policy/compile-match.ts';
import type { Facts } from '../../../src/core/policy/facts.ts';
import { areDisjoint, coversSubject, matchSubject } from '../../../src/core/policy/match.ts';
import { matchContext } from '../../../src/core/policy/match-context.ts';
import type { Subject, UserInfo } from '../../../src/core/policy/subject.ts';
import { factsWith, helmRelease, subjectOf } from './policy-fixture.ts';

/** A match as it is written; only what the schema lets through. */
interface Written {
  readonly kinds?: readonly string[];
  readonly names?: readonly string[];
  readonly namespaces?: { readonly names?: readonly string[]; readonly labels?: Selector };
  readonly labels?: Selector;
  readonly kubeConfig?: boolean;
  readonly operations?: readonly string[];
  readonly subjects?: readonly Readonly<Record<string, string>>[];
  readonly exclude?: Omit<Written, 'exclude' | 'kinds' | 'kubeConfig' | 'operations'>;
}
interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>;
}

const NAMES = ['a', 'b', 'ab', 'ba'];
const word = fc.constantFrom(...NAMES);
const pattern = fc.constantFrom('a', 'b', 'a*', '*b', '*', 'ab');
const patterns = fc.array(pattern, { minLength: 1, maxLength: 2 });
const labels = fc.dictionary(fc.constantFrom('x', 'y', 'constructor'), fc.constantFrom('1', '2'), {
  maxKeys: 2,
});
const selector = fc.record({
  matchLabels: fc.dictionary(fc.constantFrom('x', 'y', 'constructor'), fc.constantFrom('1', '2'), {
    minKeys: 1,
    maxKeys: 2,
  }),
});
const namespaces = fc.record({ names: patterns, labels: selector }, { requiredKeys: [] });
/** One in five: a match of many parts fits next to nothing. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const defined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
const who = fc.oneof(
  fc.record({ user: word }),
  fc.record({ group: word }),
  fc.record({ serviceAccount: fc.constantFrom('a/b', 'b/a') }),
);
const subjects = fc.array(who, { minLength: 1, maxLength: 2 });
const exclude = fc.record({
  names: rarely(patterns),
  namespaces: rarely(namespaces),
  labels: rarely(selector),
  subjects: rarely(subjects),
});
const written = fc
  .record({
    kinds: rarely(fc.subarray(['HelmRelease', 'HelmRepository'], { minLength: 1 })),
    names: rarely(patterns),
    namespaces: rarely(namespaces),
    labels: rarely(selector),
    kubeConfig: rarely(fc.boolean()),
    operations: rarely(fc.subarray(['CREATE', 'UPDATE'], { minLength: 1 })),
    subjects: rarely(subjects),
    exclude: rarely(exclude.map(defined)),
  })
  .map(defined) as fc.Arbitrary<Written>;

interface World {
  readonly subject: Subject;
  readonly facts: Facts;
  /** By namespace; null where they are not known. */
  readonly labels: Readonly<Record<string, Readonly<Record<string, string>> | null>>;
}

const world: fc.Arbitrary<World> = fc
  .record({
    own: word,
    target: fc.option(word, { nil: undefined }),
    storage: fc.option(word, { nil: undefined }),
    name: word,
    objectLabels: labels,
    remote: fc.boolean(),
    update: fc.boolean(),
    user: fc.option(
      fc.record({
        username: fc.oneof(word, fc.constant('system:serviceaccount:a:b')),
        groups: fc.array(word, { maxLength: 2 }),
      }),
      { nil: undefined },
    ),
    known: fc.record({
      a: fc.option(labels),
      b: fc.option(labels),
      ab: fc.option(labels),
      ba: fc.option(labels),
    }),
  })
  .map(({ own, target, storage, name, objectLabels, remote, update, user, known }) => {
    const spec: JsonObject = defined({
      targetNamespace: target,
      storageNamespace: storage,
      kubeConfig: remote ? { secretRef: { name: 'x' } } : undefined,
    });
    const object = helmRelease(spec, { name, namespace: own, labels: objectLabels });
    const fact = (namespace: string) => {
      const value = known[namespace as keyof typeof known];
      return value === null
        ? ({ known: false, why: 'Unavailable' } as const)
        : ({ known: true, value } as const);
    };
    const facts = factsWith('https://flagger.app', {
      namespaceLabels: fact(own),
      otherNamespaceLabels: new Map(NAMES.map((namespace) => [namespace, fact(namespace)])),
    });
    const more = user === undefined ? {} : { user };
    return { subject: subjectOf(object, update ? object : undefined, more), facts, labels: known };
  });

/** As far as two matches can be told apart: by the object's own namespace, whose labels are known. */
const inOneNamespace = world.map((given): World => {
  const {
    targetNamespace: _target,
    storageNamespace: _storage,
    ...spec
  } = given.subject.object['spec'] as JsonObject;
  const subject = { ...given.subject, object: { ...given.subject.object, spec } };
  return { ...given, subject, facts: withLabels(given, {}) };
});

const context = ({ subject, facts }: World, phase: 'admission' | 'release' = 'admission') =>
  matchContext(subject, subject.object, facts, phase);

/** The same rules once more, said as the documentation says them and with other means. */
function expected(match: Written, { subject, labels: known }: World): boolean {
  const spec = subject.object['spec'] as JsonObject;
  const touched = [subject.namespace, spec['targetNamespace'], spec['storageNamespace']].filter(
    (name): name is string => typeof name === 'string',
  );
  const glob = (list: readonly string[] | undefined, name: string) =>
    list?.some((text) => new RegExp(`^${text.replaceAll('*', '.*')}$`).test(name));
  const select = (
    want: Selector | undefined,
    have: Readonly<Record<string, string>> | null,
    unknown: boolean,
  ) =>
    want === undefined
      ? undefined
      : have === null
        ? unknown
        : Object.entries(want.matchLabels).every(
            ([key, value]) => new Map(Object.entries(have)).get(key) === value,
          );
  const own = (subject.object['metadata'] as JsonObject)['labels'] as Readonly<Record<string, string>>;
  const fits = (want: Written['namespaces'], name: string, unknown: boolean) =>
    want !== undefined &&
    (glob(want.names, name) ?? true) &&
    (select(want.labels, known[name] ?? null, unknown) ?? true);
  const counts = (name: string) =>
    (match.namespaces === undefined || fits(match.namespaces, name, true)) &&
    !fits(match.exclude?.namespaces, name, false);
  const is = (entry: Readonly<Record<string, string>>, user: UserInfo) =>
    'user' in entry
      ? entry['user'] === user.username
      : 'group' in entry
        ? user.groups.includes(entry['group'] ?? '')
        : user.username === `system:serviceaccount:${entry['serviceAccount']?.split('/').join(':')}`;
  const asks = (list: Written['subjects']) =>
    list === undefined || subject.user === undefined
      ? undefined
      : list.some((entry) => is(entry, subject.user!));
  return (
    (match.kinds?.includes(subject.kind) ?? true) &&
    (glob(match.names, subject.name) ?? true) &&
    !(glob(match.exclude?.names, subject.name) ?? false) &&
    (select(match.labels, own, true) ?? true) &&
    !(select(match.exclude?.labels, own, true) ?? false) &&
    (match.kubeConfig === undefined || match.kubeConfig === 'kubeConfig' in spec) &&
    touched.some(counts) &&
    (match.operations?.includes(subject.operation) ?? true) &&
    (asks(match.subjects) ?? true) &&
    !(asks(match.exclude?.subjects) ?? false)
  );
}

const compile = (match: Written) => compileMatch(match as unknown as JsonObject);
const numRuns = 4 * Number(process.env['PROPERTY_RUNS'] ?? 400);

describe('any match', () => {
  it('says what a second reading of the documentation says', () => {
    let matched = 0;
    fc.assert(
      fc.property(written, world, (match, given) => {
        const result = matchSubject(compile(match), context(given)) === 'Match';
        assert.equal(result, expected(match, given));
        if (result) matched += 1;
      }),
      { numRuns },
    );
    assert.ok(matched > numRuns / 10 && matched < numRuns, `${matched} of ${numRuns} matched`);
  });

  it('is about a request that nobody is known to make whenever it is about the object', () => {
    fc.assert(
      fc.property(written, world, (match, given) => {
        const { user: _user, ...nobody } = given.subject;
        const result = matchSubject(compile(match), context({ ...given, subject: nobody }, 'release'));
        const asked = matchSubject(compile(match), context(given));
        assert.equal(result, asked === 'NoMatch' ? 'NoMatch' : 'Match');
      }),
      { numRuns },
    );
  });

  it('holds for no object in one namespace together with a match that it is known to be apart from', () => {
    let apart = 0;
    fc.assert(
      fc.property(written, written, inOneNamespace, (left, right, given) => {
        if (!areDisjoint(compile(left), compile(right))) return;
        apart += 1;
        const both = [left, right].every(
          (match) => matchSubject(compile(match), context(given)) !== 'NoMatch',
        );
        assert.equal(both, false);
      }),
      { numRuns },
    );
    assert.ok(apart > numRuns / 50, `${apart} of ${numRuns} were apart`);
  });
});

describe('any exception', () => {
  it('covers only what its match is about, and whatever labels turn out to be that are not known', () => {
    let covered = 0;
    fc.assert(
      fc.property(written, written, world, (exception, policy, given) => {
        const covers = (facts: Facts) =>
          coversSubject(compile(exception), compile(policy), context({ ...given, facts }));
        const isAbout = (match: Written, facts: Facts) =>
          matchSubject(compile(match), context({ ...given, facts })) === 'Match';
        if (!isAbout(policy, given.facts) || !covers(given.facts)) return;
        covered += 1;
        assert.ok(isAbout(exception, given.facts));
        for (const value of [
          {},
          { x: '1', y: '1', constructor: '1' },
          { x: '2', y: '2', constructor: '2' },
        ]) {
          const facts = withLabels(given, value);
          assert.ok(!isAbout(policy, facts) || covers(facts));
        }
      }),
      { numRuns: 2 * numRuns },
    );
    assert.ok(covered > numRuns / 50, `${covered} of ${2 * numRuns} were covered`);
  });

  it('with the match of a policy covers every object of that policy when all is known', () => {
    let covered = 0;
    fc.assert(
      fc.property(written, world, (match, given) => {
        const user = given.subject.user ?? { username: 'a', groups: [] };
        const facts = withLabels(given, { x: '1' });
        const told = context({ ...given, facts, subject: { ...given.subject, user } });
        if (matchSubject(compile(match), told) !== 'Match') return;
        covered += 1;
        assert.ok(coversSubject(compile(match), compile(match), told));
      }),
      { numRuns },
    );
    assert.ok(covered > numRuns / 20, `${covered} of ${numRuns} were covered`);
  });
});

/** The facts with these labels wherever none are known. */
function withLabels(
  { subject, facts, labels: known }: World,
  value: Readonly<Record<string, string>>,
): Facts {
  const fact = (name: string) => ({ known: true, value: known[name] ?? value }) as const;
  return {
    ...facts,
    namespaceLabels: fact(subject.namespace),
    otherNamespaceLabels: new Map(NAMES.map((name) => [name, fact(name)])),
  };
}
