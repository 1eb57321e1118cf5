/**
 * The closed set of reason codes: the same string in denial, condition, event, audit row and metric label. A code never
 * changes its meaning; the reference page of each rule lists the codes that it uses.
 */
export type FindingReason =
  // allowedSources
  | 'SourceNotAllowed'
  | 'SourceNotCanonical'
  | 'SourceUnknown'
  | 'SourceKindUnsupported'
  // chartVersion
  | 'VersionNotAllowed'
  | 'VersionInvalid'
  | 'VersionNotPinned'
  | 'VersionUnknown'
  | 'PrereleaseNotAllowed'
  | 'RangeTooWide'
  | 'RangeDisjoint'
  | 'ChartTooYoung'
  | 'ChartDeprecated'
  | 'KubeVersionUnmet'
  // defaults, overrides and what the engine itself does to an object
  | 'NotMutated'
  | 'MutationConflict'
  | 'BetaFieldUnsupported'
  // bounds
  | 'ValueOutOfBounds'
  // require, forbid
  | 'FieldRequired'
  | 'FieldForbidden'
  | 'SuspendedTooLong'
  | 'TriggerForbidden'
  // references
  | 'ReferenceNotAllowed'
  | 'NamespaceNotAllowed'
  | 'ValuesSourceNotAllowed'
  // values
  | 'ValuesInvalid'
  | 'PlainSecret'
  // destructiveChange
  | 'DestructiveChange'
  // uniqueRelease
  | 'ReleaseNotUnique'
  // dependencies
  | 'DependencyOnItself'
  | 'DependencyCycle'
  | 'DependencyMissing'
  // ineffective
  | 'FieldIneffective'
  // signature
  | 'SignatureMissing'
  | 'SignatureInvalid'
  // schedule, promotion
  | 'OutsideSchedule'
  | 'BreakGlassRefused'
  | 'NotPromoted'
  // rendered
  | 'ObjectNotAllowed'
  | 'ImageNotAllowed'
  | 'DeleteNotAllowed'
  // expression
  | 'ExpressionFalse'
  // a fact that a rule needs is not known, and the rule declares no other verdict for that
  | 'FactUnknown'
  | 'NoPolicies'
  | 'PolicyError'
  | 'InvalidObject'
  // a field that the API server drops before any webhook is asked: in manifests only
  | 'UnknownField';
