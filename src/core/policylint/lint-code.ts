/** What `lint` finds in policies, each kind with a stable code. */
export type LintCode =
  | 'InvalidPolicy'
  | 'PolicyWarning'
  | 'NumberFromText'
  | 'ReadDifferently'
  | 'MatchesNothing'
  | 'DefaultOverridden'
  | 'ChoiceNotMade'
  | 'Contradiction'
  | 'DuplicateRule'
  | 'DuplicateEntry'
  | 'FactNotGathered'
  | 'ExceptionExpired'
  | 'ExceptionExpiring'
  | 'StageOver';

/** `error`: the set does not load, or a rule refuses whatever it is about. `warning`: somebody is mistaken. `note`: worth knowing. */
export type LintLevel = 'error' | 'warning' | 'note';

interface LintCodeText {
  readonly level: LintLevel;
  readonly summary: string;
  /** What to do about it. */
  readonly help: string;
}

const code = (level: LintLevel, summary: string, help: string): LintCodeText => ({ level, summary, help });

export const LINT_CODES: Readonly<Record<LintCode, LintCodeText>> = {
  InvalidPolicy: code(
    'error',
    'the file is no valid policy',
    'The whole set is refused while one file has an error, and the last good set stays in force. Correct the place that is named.',
  ),
  PolicyWarning: code(
    'warning',
    'the policy loads, and a part of it does not do what it says',
    'The message says what to change.',
  ),
  NumberFromText: code(
    'warning',
    'a number is written in a way that loses digits',
    'YAML reads `1.10` as the number 1.1. Put versions and other texts in quotes.',
  ),
  ReadDifferently: code(
    'warning',
    'a text that other readers of YAML take for a number or a truth value',
    'Policies are YAML 1.2, where `yes`, `on` and `1_000` are texts; manifests are read as YAML 1.1, where they are not. Put them in quotes.',
  ),
  MatchesNothing: code(
    'warning',
    'no object can fit',
    'What `match` asks for is excluded again, contradicts itself, or is of kinds that the rule never judges. Widen the match or remove the rule.',
  ),
  DefaultOverridden: code(
    'warning',
    'a default for a field that another rule overrides',
    'An override sets the field whatever stands there, so the default never acts. Remove one of them.',
  ),
  ChoiceNotMade: code(
    'warning',
    'a default or an override of a field that only some objects can have',
    'Policies do not add what only the author can choose, such as `spec.kubeConfig`: where it is not written the rule does nothing. Ask for it with `require`, or leave the rule as it is if that is what you mean.',
  ),
  Contradiction: code(
    'warning',
    'rules ask for what cannot be together',
    'An object that both rules are about is refused whatever it says, or gets a default that is refused. Correct one of the two places, or let one of the matches leave out the objects of the other. A range without any version is an error: it refuses every version.',
  ),
  DuplicateRule: code(
    'warning',
    'two rules say the same about the same objects',
    'Each finding is reported twice, and who changes one of them later may overlook the other. Remove one.',
  ),
  DuplicateEntry: code('warning', 'a list holds the same entry twice', 'Remove one.'),
  FactNotGathered: code(
    'warning',
    'the rule needs a fact that nobody gathers yet',
    'Until the fact is gathered the rule answers with its stated verdict each time.',
  ),
  ExceptionExpired: code(
    'warning',
    'the exception has ended',
    'It no longer holds. Remove it, or give it a new end.',
  ),
  ExceptionExpiring: code(
    'warning',
    'the exception ends within seven days',
    'From its end on the policy denies what it lets pass now. Cure the objects, or give it a new end.',
  ),
  StageOver: code(
    'note',
    'the date of a staged enforcement has passed',
    'The action holds already. Write it without `from` and `before`.',
  ),
};
