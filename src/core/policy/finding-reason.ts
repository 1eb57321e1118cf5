/** The closed set of reason codes: the same string in denial, condition, event, audit row and metric label. */
export type FindingReason =
  | 'SourceNotAllowed'
  | 'SourceNotCanonical'
  | 'SourceUnknown'
  | 'SourceKindUnsupported'
  | 'VersionNotAllowed'
  | 'VersionInvalid'
  | 'RangeTooWide'
  | 'RangeDisjoint'
  | 'NotMutated'
  | 'MutationConflict'
  | 'BetaFieldUnsupported'
  | 'NoPolicies'
  | 'PolicyError'
  | 'InvalidObject';
