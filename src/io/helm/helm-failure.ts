/** Why helm failed, as far as its text tells; helm prints no codes. */
export type HelmFailure =
  | 'NameInUse'
  | 'NoDeployedRelease'
  | 'NotFound'
  | 'Locked'
  | 'Refused'
  | 'Timeout'
  | 'Conflict'
  | 'InvalidValues'
  | 'OwnedByOther'
  | 'AlreadyExists'
  | 'HookFailed'
  | 'RenderFailed'
  | 'UnknownKind'
  | 'Forbidden'
  | 'QuotaExceeded'
  | 'Invalid'
  | 'Unreachable'
  | 'CannotPatch'
  | 'Unknown';

/** The first row that matches decides: specific texts stand above the general ones that may follow in the same message. */
const TABLE: readonly (readonly [failure: HelmFailure, pattern: RegExp])[] = [
  ['Refused', /refused by helmgate/i],
  ['NameInUse', /cannot re-?use a name that is still in use/],
  ['NoDeployedRelease', /has no deployed releases/],
  ['Locked', /another operation \(install\/upgrade\/rollback\) is in progress/],
  ['NotFound', /release: not found|release not loaded/],
  ['InvalidValues', /values don't meet the specifications of the schema/],
  ['OwnedByOther', /exists and cannot be imported|invalid ownership metadata/],
  ['AlreadyExists', /rendered manifests contain a resource that already exists/],
  ['HookFailed', /failed (?:pre|post)-(?:install|upgrade|rollback|delete)|hooks? failed/],
  ['RenderFailed', /YAML parse error|error converting YAML|parse error at|execution error at|error calling /],
  ['UnknownKind', /no matches for kind|ensure CRDs are installed first/],
  ['QuotaExceeded', /exceeded quota/],
  ['Conflict', /conflicts? with "|Apply failed with \d+ conflict|the object has been modified/],
  ['Timeout', /context deadline exceeded|timed out waiting|client rate limiter Wait returned an error/],
  [
    'Unreachable',
    /connection refused|connection reset by peer|no such host|i\/o timeout|unexpected EOF|cluster unreachable/i,
  ],
  ['Forbidden', /is forbidden:|forbidden: User|Unauthorized/],
  ['Invalid', /is invalid:|unknown field|ValidationError|strict decoding error/],
  ['CannotPatch', /cannot patch/],
];

/** Classifies helm's standard error. */
export function classifyHelmError(stderr: string): HelmFailure {
  return TABLE.find(([, pattern]) => pattern.test(stderr))?.[0] ?? 'Unknown';
}
