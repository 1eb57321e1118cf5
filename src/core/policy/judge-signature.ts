import { formatPath } from '../json/path.ts';
import type { Edit } from './decision.ts';
import { type Declaration, declarationOf, declarationProblem } from './declared-verification.ts';
import { type Facts, NOT_GATHERED, type SignatureFact } from './facts.ts';
import type { FindingDraft, Judgement, RuleInput } from './rule.ts';
import { shortText } from './short-text.ts';
import { formatSigner, isSigner, type SignerPattern } from './signer-pattern.ts';
import { judgeUnknown, type UnknownVerdict } from './unknown-fact.ts';

/** What the rule accepts. */
export interface AcceptedSignatures {
  readonly providers: ReadonlySet<SignatureFact['provider']>;
  /** Absent means everybody. */
  readonly signers?: readonly SignerPattern[];
  readonly unknown: UnknownVerdict;
}

const NOTHING: Judgement = { findings: [], warnings: [] };
/** Where the chart stands in a HelmRelease. */
const CHART_PATH = 'spec.chart';

/** Judges the signature of the chart that a release resolved to. */
export function judgeSignature(accepted: AcceptedSignatures, facts: Facts): Judgement {
  const { signature = NOT_GATHERED } = facts;
  if (!signature.known) {
    return judgeUnknown(accepted.unknown, "the chart's signature", signature.why, CHART_PATH);
  }
  const { verdict, provider, signer } = signature.value;
  const wouldPass = shortText(`a valid signature ${describe(accepted)}`);
  const found = (reason: FindingDraft['reason'], message: string): Judgement => ({
    findings: [{ reason, path: CHART_PATH, message: shortText(message), wouldPass }],
    warnings: [],
  });
  if (verdict === 'Invalid')
    return found('SignatureInvalid', `the chart's ${provider} signature is not valid`);
  if (verdict !== 'Valid') return found('SignatureMissing', 'the chart is not signed');
  if (!accepted.providers.has(provider)) {
    return found('SignatureMissing', `the chart is signed with ${provider}, which is not accepted`);
  }
  if (accepted.signers === undefined) return NOTHING;
  if (signer === undefined)
    return found('SignatureInvalid', 'the chart is signed, but it is not known by whom');
  if (accepted.signers.some((pattern) => isSigner(pattern, signer))) return NOTHING;
  return found('SignatureInvalid', `the chart is signed by ${signer}, who is not accepted`);
}

/** Judges whether an object asks for the verification of its chart. */
export function judgeDeclared(
  accepted: AcceptedSignatures,
  { subject, object, facts }: RuleInput,
): Judgement {
  const declaration = declarationOf(subject, object, facts);
  if (declaration === undefined) return NOTHING;
  const { origin, verify } = declaration;
  const byProv = accepted.providers.has('prov');
  if (origin === 'other') return missing(declaration, 'charts from a source of this kind have no signature');
  if (origin === 'http') {
    return byProv ? NOTHING : missing(declaration, 'Flux cannot verify the charts of an HTTP repository');
  }
  const problem = declarationProblem(verify, accepted.providers);
  if (problem === undefined) return NOTHING;
  // Behind a reference that leads nowhere yet, or where a .prov file may do, it is too early to tell.
  const tooEarly = origin !== 'oci' && (!declaration.own || (byProv && problem === 'absent'));
  if (tooEarly && origin === 'NotFound') {
    return {
      findings: [],
      warnings: ['the source does not exist yet: its signature is checked when it does'],
    };
  }
  if (tooEarly) return judgeUnknown(accepted.unknown, 'the source', origin, formatPath(declaration.tokens));
  return missing(declaration, PROBLEMS[problem], proposal(accepted, subject.kind, declaration));
}

const PROBLEMS = {
  absent: 'the object does not ask for its signature to be verified',
  provider: 'the signature is verified by a provider that is not accepted',
  anyone: 'a signature by anybody passes: neither a key nor an identity is named',
} as const;

interface Proposal {
  readonly wouldPass: string;
  readonly repairs?: readonly (readonly Edit[])[];
}

function missing({ tokens }: Declaration, message: string, more?: Proposal): Judgement {
  const finding: FindingDraft = {
    reason: 'SignatureMissing',
    path: formatPath(tokens),
    message,
    ...(more === undefined ? {} : { ...more, wouldPass: shortText(more.wouldPass) }),
  };
  return { findings: [finding], warnings: [] };
}

/** The name of a Secret cannot be guessed; identities of accepted keyless signers can be written down. */
function proposal(accepted: AcceptedSignatures, kind: string, { tokens, own }: Declaration): Proposal {
  const identities = (accepted.signers ?? []).flatMap((signer) =>
    signer.kind === 'keyless'
      ? [{ issuer: exactly(signer.issuer), subject: exactly(signer.subject, signer.prefix) }]
      : [],
  );
  if (own && kind !== 'HelmRelease' && accepted.providers.has('cosign') && identities.length > 0) {
    const value = { provider: 'cosign', matchOIDCIdentity: identities };
    return { wouldPass: 'verify with matchOIDCIdentity', repairs: [[{ tokens, value }]] };
  }
  const providers = [...accepted.providers].filter((provider) => provider !== 'prov').join(' or ');
  return { wouldPass: `verify: {provider: ${providers}, secretRef: {name: ...}}` };
}

/** A text as a pattern of Go that fits it alone, or what begins with it. */
function exactly(text: string, prefix: boolean = false): string {
  return `^${text.replaceAll(/[\\^$.|?*+()[\]{}]/g, String.raw`\$&`)}${prefix ? '' : '$'}`;
}

function describe({ providers, signers }: AcceptedSignatures): string {
  const by = `with ${[...providers].join(' or ')}`;
  return signers === undefined ? by : `${by} by ${signers.map(formatSigner).join(', ')}`;
}
