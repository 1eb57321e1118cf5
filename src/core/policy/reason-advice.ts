import type { FindingReason } from './finding-reason.ts';

/** What whoever gets a finding does about it, by reason. The keys are all reasons there are. */
export const REASON_ADVICE: Readonly<Record<FindingReason, string>> = {
  SourceNotAllowed:
    'Take the chart from one of the URLs that the finding lists, or ask the owner of the policy to add yours.',
  SourceNotCanonical: 'Write the URL as the finding proposes it.',
  SourceUnknown: 'Apply the source object, correct the reference to it, or wait until it can be looked up.',
  SourceKindUnsupported: 'Refer to a HelmRepository or an OCIRepository.',
  VersionNotAllowed:
    'Choose a range whose newest version lies within what the policy allows; `helmgate range` shows what a range matches.',
  VersionInvalid:
    'Write the version in the grammar of Masterminds/semver; `helmgate range` shows where it goes wrong.',
  VersionNotPinned: 'Write one exact version instead of a range.',
  VersionUnknown: 'Wait until the chart has been found, and look at the status of its source.',
  PrereleaseNotAllowed: 'Take a released version, and leave out prereleases such as `-0` in the range.',
  RangeTooWide: 'Write the narrower range that the finding proposes.',
  RangeDisjoint: 'Choose versions that the policy allows; the finding names them.',
  ChartTooYoung: 'Wait: the version is too new, and the finding says until when.',
  ChartDeprecated: 'Move to the chart that replaces this one; its maintainers no longer look after it.',
  KubeVersionUnmet: 'Take a version of the chart that supports this version of Kubernetes.',
  NotMutated:
    'Send the same request again; when it is refused again, the mutating webhook does not answer or its configuration is gone.',
  MutationConflict: 'Write the field yourself, and tell the owners of the two rules.',
  BetaFieldUnsupported: 'Remove the field, and write the object in the current API version.',
  ValueOutOfBounds:
    'Write a value within the bounds that the finding names; an absent field counts with its default.',
  FieldRequired: 'Write the field with one of the values that the finding lists.',
  FieldForbidden: 'Remove the field, or write a value that the rule admits.',
  SuspendedTooLong: 'Resume the object, or delete it.',
  TriggerForbidden: 'Leave the annotation as it was; only those whom the rule names may set it.',
  ReferenceNotAllowed: 'Refer to an object in a namespace that the rule admits.',
  NamespaceNotAllowed: 'Release into a namespace that the rule admits.',
  ValuesSourceNotAllowed: 'Take the values from a ConfigMap or Secret that the rule admits.',
  ValuesInvalid: 'Correct the value at the path that the finding names.',
  PlainSecret: 'Put the secret into a Secret and refer to it with `valuesFrom`.',
  DestructiveChange:
    'Do it in the two steps that the finding names, or confirm exactly this change with the annotation that it shows.',
  ReleaseNotUnique:
    'Give one of the two releases another name or storage namespace, in the steps that the finding names.',
  DependencyOnItself: 'Remove the entry of `dependsOn`.',
  DependencyCycle: 'Remove one of the entries of `dependsOn` that the finding lists.',
  DependencyMissing: 'Apply the release that is waited for, or correct its name.',
  FieldIneffective: 'Remove the field, or what makes it do nothing; the finding names both.',
  SignatureMissing: 'Take a signed version of the chart, or sign it.',
  SignatureInvalid: 'Do not run it: find out who changed the chart. A new key belongs into the policy.',
  OutsideSchedule:
    'Wait for the next window; the finding says when. In an emergency use the break-glass annotation if the rule has one.',
  BreakGlassRefused:
    'Write the break-glass annotation with an owner, a reason and an end, as the finding asks for it.',
  NotPromoted: 'Let the version run where the rule wants it first; it is released by itself afterwards.',
  ObjectNotAllowed: 'Switch the object off in the values of the chart, or take another chart.',
  ImageNotAllowed: 'Take the image from a registry that the rule admits, by the values of the chart.',
  DeleteNotAllowed:
    'Keep the object: restore what the chart needs to render it, or remove it by hand after taking care of its data.',
  ExpressionFalse: 'See the message: the owner of the policy wrote it.',
  FactUnknown: 'Send the request again later; when it lasts, look at what Helmgate may read and at its log.',
  NoPolicies: 'Tell the operators of Helmgate: its policy folder is empty or could not be read at start.',
  PolicyError:
    'Tell the owner of the policy: the rule fails on this object. The message names the policy set.',
  InvalidObject: 'Correct the field that the finding names; the API server would refuse it too.',
  UnknownField:
    'Correct the name of the field, or remove it: nothing reads it, and Flux refuses to apply it.',
};
