import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/core/json/json.ts';
import { BREAK_GLASS_ANNOTATION, parseBreakGlass } from '../../../../src/core/policy/break-glass.ts';
import type { RuleInput } from '../../../../src/core/policy/rule.ts';
import { schedule } from '../../../../src/core/policy/rules/schedule.ts';
import type { UserInfo } from '../../../../src/core/policy/subject.ts';
import { factsWith, helmRelease, subjectOf } from '../policy-fixture.ts';
import { anyObject, assertRepairsCure, compileRule, judge, ruleOf, said } from './rule-under-test.ts';

const HOURS = { timeZone: 'Europe/Berlin', windows: [{ days: ['Mon'], from: '09:00', to: '16:00' }] };
const GLASS = { ...HOURS, breakGlass: { atMost: '4h', subjects: [{ group: 'on-call' }] } };
const NOW = '2026-06-01T00:00:00Z';

const annotated = (text: Json | undefined): JsonObject =>
  helmRelease({}, text === undefined ? {} : { annotations: { [BREAK_GLASS_ANNOTATION]: text } });
const atRelease = (now: string): Partial<RuleInput> => ({
  phase: 'release',
  facts: factsWith(undefined, { now }),
});
const by = (object: JsonObject, groups: readonly string[], oldObject?: JsonObject): Partial<RuleInput> => {
  const user: UserInfo = { username: 'bob', groups };
  return {
    subject: subjectOf(object, oldObject, { user }),
    object,
    facts: factsWith(undefined, { now: NOW }),
  };
};

describe('the configuration of a schedule', () => {
  const wrong: readonly (readonly [Json, string])[] = [
    [{ timeZone: 'UTC' }, ': a schedule needs windows or freezes'],
    [{ timeZone: 'Europe/Berln', windows: [{}] }, '/windows/0: must NOT have fewer than 1 properties'],
    [
      { timeZone: 'Europe/Berln', windows: [{ from: '09:00' }] },
      'timeZone: there is no time zone "Europe/Berln" (did you mean "Europe/Berlin"?)',
    ],
    [
      { timeZone: '+02:00', windows: [{ from: '09:00' }] },
      'timeZone: there is no time zone "+02:00" (write an IANA name, Europe/Berlin)',
    ],
    [
      { windows: [{ from: '9:00' }] },
      'windows 0 from: "9:00" is no time of day (write hours and minutes, "09:00" to "24:00")',
    ],
    [
      { windows: [{ to: '24:01' }] },
      'windows 0 to: "24:01" is no time of day (write hours and minutes, "09:00" to "24:00")',
    ],
    [
      { windows: [{ from: '24:00', to: '06:00' }] },
      'windows 0 from: a window cannot begin at 24:00 (write 00:00 of the next day)',
    ],
    [
      { freezes: [{ from: '09:00', to: '09:00' }] },
      'freezes 0 to: the window is empty (leave from and to out for whole days)',
    ],
    [
      { freezes: [{ from: '2026-12-20' }] },
      'freezes 0 from: "2026-12-20" is no moment (write a time with its zone, 2026-12-20T18:00:00+01:00)',
    ],
    [
      { freezes: [{ from: '2026-12-20T18:00:00', to: '2026-12-21T00:00:00Z' }] },
      'freezes 0 from: "2026-12-20T18:00:00" is no moment (write a time with its zone, 2026-12-20T18:00:00+01:00)',
    ],
    [
      { freezes: [{ from: '2026-02-30T00:00:00Z', to: '2026-03-01T00:00:00Z' }] },
      'freezes 0 from: "2026-02-30T00:00:00Z" is no moment (write a time with its zone, 2026-12-20T18:00:00+01:00)',
    ],
    [
      { freezes: [{ from: '2026-03-01T00:00:00Z', to: '2026-03-01T01:00:00+01:00' }] },
      'freezes 0 to: the window ends before it begins',
    ],
    [
      { freezes: [{ days: ['Mon'], from: '2026-03-01T00:00:00Z', to: '2026-03-02T00:00:00Z' }] },
      'freezes 0 days: days goes with times of day, not with dates (leave days out)',
    ],
    [
      { windows: [{ from: '09:00', timeZone: 'Moon/Base' }] },
      'windows 0 timeZone: there is no time zone "Moon/Base" (write an IANA name, Europe/Berlin)',
    ],
    [
      { windows: [{ days: ['Mon'] }], freezes: [{ days: ['Sun', 'Mon'], from: '12:00', to: '12:00' }] },
      'freezes 0 to: the window is empty (leave from and to out for whole days)',
    ],
    [
      {
        windows: [{ days: ['Mon'], from: '01:00', to: '02:00' }],
        freezes: [{ days: ['Sun'], from: '22:00', to: '02:00' }],
      },
      ': no time of the week is open (the freezes cover all of the windows)',
    ],
    [
      { freezes: [{ days: ['Mon', 'Mon'] }] },
      '/freezes/0/days: must NOT have duplicate items (items ## 0 and 1 are identical)',
    ],
    [
      { ...HOURS, breakGlass: { atMost: '8d' } },
      'breakGlass atMost: "8d" is no duration between 0 and 168h (write 4h)',
    ],
    [
      { ...HOURS, breakGlass: { atMost: '168h1s' } },
      'breakGlass atMost: "168h1s" is no duration between 0 and 168h (write 4h)',
    ],
    [
      { ...HOURS, breakGlass: { atMost: '0' } },
      'breakGlass atMost: "0" is no duration between 0 and 168h (write 4h)',
    ],
  ];
  for (const [written, expected] of wrong) {
    it(`is refused: ${JSON.stringify(written)}`, () => {
      const { errors } = compileRule(schedule, written);
      assert.ok(errors.includes(expected), errors.join('\n'));
    });
  }

  it('takes 00:00 at the end of a window for the midnight after its beginning', () => {
    const body = ruleOf(schedule, { windows: [{ days: ['Mon'], from: '22:00', to: '00:00' }] });
    assert.deepEqual(judge(body, helmRelease(), atRelease('2026-06-01T23:59:59Z')).findings, []);
    assert.equal(judge(body, helmRelease(), atRelease('2026-06-02T00:00:00Z')).findings.length, 1);
  });

  it('may have zones that differ, whose freezes nobody can add up', () => {
    const written = {
      windows: [{ days: ['Mon'], from: '01:00', to: '02:00' }],
      freezes: [{ days: ['Mon'], timeZone: 'Europe/Berlin' }],
    };
    assert.deepEqual(compileRule(schedule, written).errors, []);
  });
});

describe('a schedule at release time', () => {
  const body = ruleOf(schedule, GLASS);

  it('gives the same answer whatever was asked before', () => {
    const moments = [
      '2026-06-01T08:00:00Z',
      '2026-06-01T15:00:00Z',
      '2026-06-03T00:00:00Z',
      '2026-06-08T06:59:59Z',
      '2026-06-08T07:00:00Z',
    ];
    const answers = (rule: typeof body, order: readonly string[]) =>
      Object.fromEntries(
        order.map((now) => [now, judge(rule, helmRelease(), atRelease(now)).findings[0]?.hold ?? 'open']),
      );
    const forward = answers(ruleOf(schedule, GLASS), moments);
    assert.deepEqual(forward, {
      '2026-06-01T08:00:00Z': 'open',
      '2026-06-01T15:00:00Z': { until: '2026-06-08T07:00:00Z' },
      '2026-06-03T00:00:00Z': { until: '2026-06-08T07:00:00Z' },
      '2026-06-08T06:59:59Z': { until: '2026-06-08T07:00:00Z' },
      '2026-06-08T07:00:00Z': 'open',
    });
    assert.deepEqual(answers(ruleOf(schedule, GLASS), moments.toReversed()), forward);
  });

  it('gives whole seconds, rounded up', () => {
    const once = ruleOf(schedule, {
      windows: [{ from: '2026-06-01T00:00:00.25Z', to: '2026-06-02T00:00:00Z' }],
    });
    assert.deepEqual(judge(once, helmRelease(), atRelease('2026-05-31T00:00:00Z')).findings[0]?.hold, {
      until: '2026-06-01T00:00:01Z',
    });
  });

  it('throws, and so denies, when the time of the judgement cannot be read', () => {
    assert.throws(() => judge(body, helmRelease(), atRelease('yesterday')), /the time of the judgement/);
  });

  it('shows hostile owners and reasons in one bounded line', () => {
    const object = annotated(`\u001b[31mbob; until 2026-06-01T03:00:00Z; a\nb${'x'.repeat(500)}`);
    const { findings, warnings } = judge(body, object, atRelease(NOW));
    assert.deepEqual(findings, []);
    assert.equal(warnings[0]?.length, 200);
    assert.doesNotMatch(warnings[0] ?? '', /[\n\u001b]/);
  });

  it('says something about every object, and never throws', () => {
    fc.assert(
      fc.property(
        anyObject('HelmRelease'),
        fc.constantFrom('release', 'admission', 'request'),
        (object, phase) => {
          judge(body, object, { phase: phase as 'release' });
        },
      ),
    );
  });
});

describe('the break-glass annotation', () => {
  const read: readonly (readonly [Json, ReturnType<typeof parseBreakGlass>])[] = [
    [
      'bob; until 2026-06-01T03:00:00Z; INC-7',
      { owner: 'bob', until: Date.UTC(2026, 5, 1, 3), reason: 'INC-7' },
    ],
    [
      '  bob ;until  2026-06-01T05:00:00+02:00;a; b ',
      { owner: 'bob', until: Date.UTC(2026, 5, 1, 3), reason: 'a; b' },
    ],
    ['bob; until 2026-06-01; INC-7', undefined],
    ['bob; 2026-06-01T03:00:00Z; INC-7', undefined],
    ['; until 2026-06-01T03:00:00Z; INC-7', undefined],
    ['bob; until 2026-06-01T03:00:00Z; ', undefined],
    ['bob; until 2026-06-01T03:00:00; no zone', undefined],
    ['bob; until 2026-13-01T03:00:00Z; no such month', undefined],
    [`bob; until 2026-06-01T03:00:00Z; ${'x'.repeat(1024)}`, undefined],
    ['', undefined],
    [true, undefined],
    [null, undefined],
    [['bob'], undefined],
  ];
  for (const [text, expected] of read) {
    it(`${expected === undefined ? 'cannot be' : 'is'} read: ${JSON.stringify(text)?.slice(0, 60)}`, () => {
      assert.deepEqual(parseBreakGlass(text), expected);
    });
  }

  const body = ruleOf(schedule, GLASS);
  it('is for the subjects to set, to change, and for everybody to remove', () => {
    const mine = annotated('bob; until 2026-06-01T03:00:00Z; INC-7');
    const longer = annotated('bob; until 2026-06-01T04:00:00Z; INC-7');
    assert.equal(judge(body, mine, by(mine, ['on-call'])).findings.length, 0);
    assert.equal(judge(body, mine, by(mine, ['dev'])).findings.length, 1);
    assert.equal(judge(body, longer, by(longer, ['dev'], mine)).findings.length, 1);
    assert.equal(judge(body, mine, by(mine, ['dev'], mine)).findings.length, 0);
    assert.equal(
      judge(body, annotated(undefined), by(annotated(undefined), ['dev'], mine)).findings.length,
      0,
    );
  });

  it('is judged without a user where nobody asks, as on a laptop', () => {
    const mine = annotated('bob; until 2026-06-01T03:00:00Z; INC-7');
    assert.deepEqual(judge(body, mine, { facts: factsWith(undefined, { now: NOW }) }).findings, []);
  });

  it('proposes edits that cure: a shorter time, and leaving it out', () => {
    const long = annotated('bob; until 2026-06-09T03:00:00Z; INC-7');
    const { findings } = judge(body, long, by(long, ['on-call']));
    assert.deepEqual(said(findings), [
      'metadata.annotations["helmgate.dev/break-glass"]: the break-glass lasts longer than 4h0m0s -> bob; until 2026-06-01T04:00:00Z; INC-7',
    ]);
    assert.equal(findings[0]?.repairs?.length, 2);
    assertRepairsCure(body, long, (object) => by(object, ['on-call']));
    assertRepairsCure(body, annotated('x'), (object) => by(object, ['on-call']));
  });

  it('proposes the old value where somebody else changed it', () => {
    const old = annotated('bob; until 2026-06-01T03:00:00Z; INC-7');
    const changed = annotated('bob; until 2026-06-01T04:00:00Z; INC-7');
    assert.deepEqual(judge(body, changed, by(changed, ['dev'], old)).findings[0]?.repairs, [
      [
        {
          tokens: ['metadata', 'annotations', BREAK_GLASS_ANNOTATION],
          value: 'bob; until 2026-06-01T03:00:00Z; INC-7',
        },
      ],
    ]);
    assertRepairsCure(body, changed, (object) => by(object, ['dev'], old));
  });

  it('warns about one that is over already', () => {
    const over = annotated('bob; until 2026-06-01T00:00:00Z; INC-7');
    assert.deepEqual(judge(body, over, by(over, ['on-call'])), {
      findings: [],
      warnings: ['the break-glass ended at 2026-06-01T00:00:00Z'],
    });
  });

  it('opens a schedule for no longer than atMost, whatever it asks for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 * 60 }),
        fc.integer({ min: 0, max: 100 * 60 }),
        (lasts, asked) => {
          // Counted in minutes from Tuesday noon: the next window is six days away.
          const start = Date.UTC(2026, 5, 2, 12);
          const text = (minute: number) => new Date(start + minute * 60_000).toISOString();
          const object = annotated(`bob; until ${text(lasts)}; INC-7`);
          const open = judge(body, object, atRelease(text(asked))).findings.length === 0;
          assert.equal(open, asked < lasts && lasts - asked <= 240);
        },
      ),
    );
  });
});
