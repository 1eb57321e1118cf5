/** Words that Helmgate says beside the reasons of its rules: codes of commands, reasons and types of conditions, states, verdicts. */
import {
  BETA_FIELDS_RULE,
  FORMER_DEFAULTS_RULE,
  OBJECT_SCHEMA_RULE,
  OBJECT_SHAPE_RULE,
} from '../../core/policy/built-in.ts';
import { LINT_CODES } from '../../core/policylint/lint-code.ts';
import { CHECK_CODES } from '../check/problem-rules.ts';

/** What one speaker means by a word. */
export interface WordMeaning {
  readonly word: string;
  /** Who says it: a command, or where it is shown. */
  readonly by: string;
  readonly meaning: string;
  readonly advice?: string;
}

const said = (by: string, words: Readonly<Record<string, string | readonly [string, string]>>) =>
  Object.entries(words).map(([word, text]): WordMeaning => {
    const [meaning, advice] = typeof text === 'string' ? [text] : text;
    return { word, by, meaning, ...(advice === undefined ? {} : { advice }) };
  });

const CONDITIONS = said('conditions', {
  Ready: 'whether the newest release, or the index of a repository, is as it was asked for',
  Released: 'how the last install or upgrade ended',
  Remediated: 'how the last rollback or uninstall after a failure ended',
  TestSuccess: 'how the tests of the chart ended',
  Reconciling: 'something is being done, or waited for',
  PolicyCompliant: 'False on a running release that has come to violate a policy; it stays as it is',
  Stalled: ['nothing goes on until the spec or a policy changes', 'The reason says what to change.'],
  Progressing: 'an action runs',
  ProgressingWithRetry: 'an action failed and is tried again',
  DependencyNotReady: ['a release in `dependsOn` is not ready', 'Wait, or look at that release.'],
  SourceNotReady: ['the chart or its source is not there yet', 'Look at the source that the message names.'],
  ValuesError: [
    'the values cannot be put together',
    'Correct the ConfigMap, Secret or value that the message names.',
  ],
  ArtifactFailed: ['the chart could not be fetched or opened', 'Look at the source; it is tried again.'],
  AccessDenied: [
    'a reference into another namespace, or an account that cannot be',
    'Refer to an object of the same namespace, or correct the name.',
  ],
  InvalidCELExpression: ['an expression of the spec cannot be read', 'Correct the expression.'],
  UnsupportedSource: ['charts are not taken from a source of this kind', 'Use a HelmRepository.'],
  UnsupportedField: [
    'the loop does not act on a field that is set, so it does not begin',
    'Remove the field, or leave the release to Flux.',
  ],
  SharedOwnership: ['another controller works on the same release', 'Let one of them go.'],
  DuplicateRelease: [
    'another HelmRelease is for the same Helm release',
    'Give one of them another release name or namespace.',
  ],
  PolicyDenied: [
    'a policy denies the release; it is judged again at each interval',
    '`helmgate why NAMESPACE/NAME` shows the rule and an edit that passes.',
  ],
  Held: [
    'a policy lets the release wait; the message says until when, where that is known',
    'Wait; it goes on by itself.',
  ],
  PolicyViolated: [
    'a release that runs violates a policy by now',
    'Cure it before its next change: that would be denied.',
  ],
  RetriesExceeded: [
    'the action failed as often as it may be tried',
    'Correct the cause, then change the spec or set `reconcile.fluxcd.io/resetAt`.',
  ],
  MissingRollbackTarget: [
    'a rollback is asked for, and there is no revision to go back to',
    'Correct the cause and change the spec.',
  ],
  StateError: [
    "helm's storage says something that no rule covers",
    'Look at the release with `helm history`.',
  ],
  PendingRelease: 'helm left an operation unfinished; its record was unlocked',
  InstallSucceeded: 'helm installed the release',
  InstallFailed: ['helm could not install the release', "The message has helm's own words."],
  UpgradeSucceeded: 'helm upgraded the release',
  UpgradeFailed: ['helm could not upgrade the release', "The message has helm's own words."],
  RollbackSucceeded: 'helm went back to the revision before',
  RollbackFailed: ['helm could not go back', "The message has helm's own words."],
  UninstallSucceeded: 'helm removed the release',
  UninstallFailed: ['helm could not remove the release', "The message has helm's own words."],
  Succeeded: 'the index of the repository was read',
  FetchFailed: 'the index of the repository could not be read; also the type of that condition',
  AuthenticationFailed: [
    'the repository does not accept the credentials',
    'Correct the Secret that the repository names.',
  ],
  IndexationFailed: [
    'what the repository sent is no index',
    'Look at the URL, and at `index.yaml` below it.',
  ],
  URLInvalid: ['the URL of the repository is none', 'Correct the URL.'],
  Failed: 'the repository could not be read for another reason; the message says which',
  InvalidChartReference: [
    'no chart of this name and version is in the repository',
    'Correct the name or the range.',
  ],
  ChartPullError: [
    'the chart could not be fetched',
    'Look at the repository; it is tried again where that may help.',
  ],
  ChartDigestMismatch: ['the chart is not the one that the index names', 'Find out who changed it.'],
});

const STATES = said('states of a release', {
  Absent: 'nothing is installed',
  Unmanaged: 'something is installed that the history does not know',
  Locked: 'helm left an operation unfinished',
  Failed: 'the newest revision failed',
  OutOfSync: 'another chart, other values or another rendering than what is asked for runs',
  InSync: 'nothing is to be done',
  Undetermined: "a status of helm's that no rule covers",
});

const VERDICTS = [
  ...said('verdicts', {
    Allow: 'nothing stands against it',
    Deny: 'it is refused; as an enforcement: what a rule finds refuses',
    Hold: 'at release time: nothing but waiting stands against it',
    Error: 'it could not be judged, and is refused for that',
  }),
  ...said('enforcements', {
    Warn: 'what a rule finds is a warning to the user',
    Audit: 'what a rule finds is only recorded',
  }),
];

const FACTS = said('facts', {
  NotFound: 'what a rule asks about does not exist',
  Forbidden: [
    'Helmgate may not read what a rule asks about',
    'Grant it: docs/operations.md lists the rights.',
  ],
  Unavailable: 'what a rule asks about could not be had; where a later moment tells it, it is judged then',
  Unsupported: 'nobody gathers what the rule asks about at this moment',
});

const COMMANDS = [
  ...said('conditions', {
    Stalled: ['nothing goes on until the spec or a policy changes', 'The reason says what to change.'],
  }),
  ...said('test', {
    CaseFailed: ['the decision is not as the case expects it', 'Correct the policy or the case.'],
    InvalidTest: ['the test cannot be read', 'Correct the place that is named.'],
  }),
  ...said('audit log', {
    AuditTailRepaired:
      'the last row had been torn by a crash, and was cut away; the row says its size and digest',
  }),
];

/** Rules that no policy has, as findings name them. */
export const BUILT_IN_RULES: readonly WordMeaning[] = said('built in', {
  [`helmgate/${OBJECT_SHAPE_RULE}`]: 'refuses an object whose fields have not the types that rules rely on',
  [`helmgate/${OBJECT_SCHEMA_RULE}`]: 'says in `check` and `fix` what the API server would refuse or drop',
  [`helmgate/${BETA_FIELDS_RULE}`]: 'rewrites fields that only the beta versions have',
  [`helmgate/${FORMER_DEFAULTS_RULE}`]: 'takes back a default that no policy sets any more',
});

const BY_LINT = Object.entries(LINT_CODES).map(([word, { summary, help }]): WordMeaning => {
  return { word, by: 'lint', meaning: summary, advice: help };
});

/** Codes of `check` that are no reasons of rules: those have a help of their own. */
const BY_CHECK = CHECK_CODES.map(({ id, summary }): WordMeaning => {
  return { word: id, by: 'check', meaning: summary };
});

export const WORDS: readonly WordMeaning[] = [
  ...CONDITIONS,
  ...STATES,
  ...VERDICTS,
  ...FACTS,
  ...COMMANDS,
  ...BY_LINT,
  ...BY_CHECK,
];
