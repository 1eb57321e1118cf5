/** What holds for every release, whatever helm does and whatever is edited in between. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { HelmReleaseSpec } from '../../../src/core/api/helm-release.ts';
import type { Script } from './fake-helm.ts';
import { attemptOf, edited, helmHistory, pass, type World, worldOf } from './simulator.ts';

const retries = fc.integer({ min: -1, max: 2 });
const remediateLastFailure = fc.option(fc.boolean(), { nil: undefined });
const specs: fc.Arbitrary<Partial<HelmReleaseSpec>> = fc
  .record({
    install: fc.record({ retries, remediateLastFailure }),
    upgrade: fc.record({ retries, remediateLastFailure, strategy: fc.constantFrom('rollback', 'uninstall') }),
    retryInstall: fc.boolean(),
    retryUpgrade: fc.boolean(),
  })
  .map(({ install, upgrade, retryInstall, retryUpgrade }) => {
    const strategy = { name: 'RetryOnFailure' } as const;
    return {
      install: retryInstall ? { strategy } : { remediation: defined(install) },
      upgrade: retryUpgrade ? { strategy } : { remediation: defined(upgrade) },
    } as Partial<HelmReleaseSpec>;
  });

interface Step {
  readonly edit: boolean;
  readonly version: string;
  readonly scripts: readonly Script[];
}
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    edit: fc.boolean(),
    version: fc.constantFrom('1.0.0', '2.0.0'),
    scripts: fc.array(fc.constantFrom<Script>('ok', 'ok', 'fail', 'fail', 'refused', 'crash'), {
      minLength: 4,
      maxLength: 4,
    }),
  }),
  { minLength: 1, maxLength: 12 },
);

function defined(object: object): object {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function take(world: World, step: Step): World {
  let index = 0;
  const next = step.edit ? edited(world, {}) : world;
  return pass(next, attemptOf(step.version), () => step.scripts[index++] ?? 'ok');
}

function statusOf(world: World, type: string): string | undefined {
  return world.release.status?.conditions?.find((condition) => condition.type === type)?.status;
}

function everyStep(check: (after: World, before: World, step: Step) => void): void {
  fc.assert(
    fc.property(specs, steps, (spec, list) => {
      let world = worldOf(spec);
      for (const step of list) {
        const before = world;
        world = take(world, step);
        check(world, before, step);
      }
    }),
    { numRuns: 300 },
  );
}

describe('a pass, whatever happens in it,', () => {
  it('runs each type of action at most once', () => {
    everyStep((after, before) => {
      const ran = after.actions.slice(before.actions.length);
      const types = ran.map((action) =>
        /^(Install|Upgrade)$/.test(action) ? 'release' : action.split(' ')[0],
      );
      const counts = Map.groupBy(types, (type) => type);
      for (const [type, group] of counts) {
        // One uninstall may finish an interrupted one and another undo the failed install after it.
        assert.ok(group.length <= (type === 'Uninstall' ? 2 : 1), ran.join());
      }
    });
  });

  it('never leaves Stalled beside Reconciling or beside Ready=True', () => {
    everyStep((after) => {
      if (statusOf(after, 'Stalled') === undefined) return;
      assert.equal(statusOf(after, 'Reconciling'), undefined);
      assert.notEqual(statusOf(after, 'Ready'), 'True');
    });
  });

  it('counts the generation as observed exactly when it ends in rest', () => {
    everyStep((after, before) => {
      if (after.ends.length === before.ends.length) return;
      const rests = ['done', 'stalled'].includes(after.ends.at(-1) ?? '');
      const { status, metadata } = after.release;
      if (rests) assert.equal(status?.observedGeneration, metadata.generation);
      else assert.equal(status?.observedGeneration, before.release.status?.observedGeneration);
    });
  });

  it('is Ready=True only with the wanted chart deployed', () => {
    everyStep((after, _before, step) => {
      if (statusOf(after, 'Ready') !== 'True') return;
      const [latest] = after.records;
      assert.equal(latest?.status, 'deployed');
      assert.equal(latest?.chartVersion, step.version);
    });
  });

  it('comes to rest within two passes of a helm that works, unless retries are used up', () => {
    everyStep((after, _before, step) => {
      const calm: Step = { edit: false, version: step.version, scripts: ['ok', 'ok', 'ok', 'ok', 'ok'] };
      let world = take(take({ ...after, ends: [] }, calm), calm);
      if (world.ends.at(-1) !== 'done') world = take(world, calm);
      assert.ok(
        ['done', 'stalled'].includes(world.ends.at(-1) ?? ''),
        `${world.ends.join()} ${helmHistory(world).join()}`,
      );
    });
  });

  it('changes nothing when repeated at rest', () => {
    everyStep((after, before, step) => {
      if (after.ends.length === before.ends.length || after.ends.at(-1) !== 'done') return;
      const again = take(after, { ...step, edit: false });
      assert.deepEqual(again.release.status, after.release.status);
      assert.deepEqual(again.actions, after.actions);
    });
  });

  it('knows the newest revision in storage when it ends in rest', () => {
    everyStep((after, before) => {
      const rests = ['done', 'stalled'].includes(after.ends.at(-1) ?? '');
      const [latest] = after.records;
      if (!rests || after.ends.length === before.ends.length || latest === undefined) return;
      const known = after.release.status?.history?.[0];
      assert.equal(`${known?.version} ${known?.status}`, `${latest.version} ${latest.status}`);
    });
  });
});
