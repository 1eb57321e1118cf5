import type { SignatureFact } from '../facts.ts';
import { type AcceptedSignatures, judgeDeclared, judgeSignature } from '../judge-signature.ts';
import type { RuleBody } from '../rule.ts';
import type { RuleDefinition } from '../rule-definition.ts';
import { compileSigner, type SignerPattern, type WrittenSigner } from '../signer-pattern.ts';
import { sourceOf } from '../source-of.ts';
import { UNKNOWN_SCHEMA, UNKNOWN_TEXT, type UnknownVerdict } from '../unknown-fact.ts';

/** Rule `signature`; what it is for and what it says stands in its definition. */
export const signature: RuleDefinition = {
  field: 'signature',
  summary: 'charts are signed, by somebody who may',
  why: `A URL says where a chart lies, not who put it there: whoever gets into the registry, or between it and the cluster, decides what
runs. A signature says who made it.`,
  when: ['admission', 'release'],
  reads: [
    "at release time the check of the chart's signature",
    'with `declared` spec.chart.spec.verify of HelmRelease, spec.verify of HelmChart and OCIRepository',
    'with `declared` the source behind spec.chartRef or the sourceRef',
  ],
  verdicts: `At release time a valid signature by one of the \`providers\`, and by one of the \`signers\` where they are written, passes. A
missing signature is refused as SignatureMissing, also one by another provider; a broken one, or one by somebody else, as SignatureInvalid.
When nobody checked, \`unknown\` says what happens; until the loop checks signatures, that is every release.

With \`declared: true\` the objects themselves must ask Flux to verify, at admission: \`verify\` names one of the providers, and a key
(\`secretRef\`) or, for keyless cosign, \`matchOIDCIdentity\`, since without either Flux accepts a signature by anybody. What the identities'
patterns fit is not judged. A HelmRelease with \`chartRef\` is followed; a source that does not exist yet is a warning. Charts from Git, Bucket
and ExternalArtifact sources have no signature and are refused; so are those of an HTTP repository, unless \`prov\` is among the providers.`,
  reasons: {
    SignatureMissing: 'there is no signature by an accepted provider, or none is asked for',
    SignatureInvalid: 'the signature is broken, or by somebody who is not accepted',
    FactUnknown: 'nobody checked the signature, or the source could not be looked up',
  },
  options: [
    {
      path: 'providers',
      text: '`cosign` and `notation` for OCI, `prov` for the .prov file of an HTTP repository',
    },
    { path: 'signers[].fingerprint', text: 'of a key: hexadecimal, 40 digits or more' },
    { path: 'signers[].keyless.issuer', text: 'of a keyless signature, exactly' },
    {
      path: 'signers[].keyless.subject',
      text: 'exactly, or with a `*` at its end behind `https://host/owner/`',
    },
    { path: 'declared', text: 'also require `verify` in the objects; false when absent' },
    { path: 'unknown', text: UNKNOWN_TEXT },
  ],
  example: `
- id: signed
  signature:
    providers: [cosign]
    signers:
    - keyless:
        issuer: https://token.actions.githubusercontent.com
        subject: https://github.com/acme/charts/.github/workflows/release.yml@refs/tags/*
    declared: true
`,
  schema: {
    type: 'object',
    required: ['providers'],
    additionalProperties: false,
    description: 'Whose signature a chart must have.',
    properties: {
      providers: {
        type: 'array',
        minItems: 1,
        uniqueItems: true,
        items: { enum: ['cosign', 'notation', 'prov'] },
      },
      signers: {
        type: 'array',
        minItems: 1,
        maxItems: 100,
        description: 'Who may sign; anybody with a valid signature when absent.',
        items: {
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          additionalProperties: false,
          properties: {
            fingerprint: { type: 'string', maxLength: 256 },
            keyless: {
              type: 'object',
              required: ['issuer', 'subject'],
              additionalProperties: false,
              properties: {
                issuer: { type: 'string', minLength: 1, maxLength: 512, pattern: '^[^ ]+$' },
                subject: { type: 'string', minLength: 1, maxLength: 1024 },
              },
            },
          },
        },
      },
      declared: { type: 'boolean', description: 'Also require verify in the objects.' },
      unknown: UNKNOWN_SCHEMA,
    },
  },
  compile(written, at, context) {
    const { providers, signers, declared = false, unknown = 'Deny' } = written as unknown as WrittenSignature;
    const patterns: SignerPattern[] = [];
    for (const [index, signer] of (signers ?? []).entries()) {
      const compiled = compileSigner(signer);
      if (compiled.ok) patterns.push(compiled.pattern);
      else {
        const path = compiled.field === 'subject' ? ['keyless', 'subject'] : ['fingerprint'];
        context.error(
          [...at, 'signers', String(index), ...path],
          `the ${compiled.field} ${compiled.message}`,
        );
      }
    }
    if (declared && providers.every((provider) => provider === 'prov')) {
      context.error(
        [...at, 'declared'],
        'Flux verifies no .prov files, so no object could declare it',
        'add cosign or notation to providers, or leave declared out',
      );
    }
    return signatureRule({
      providers: new Set(providers),
      ...(signers === undefined ? {} : { signers: patterns }),
      declared,
      unknown,
    });
  },
};

interface WrittenSignature {
  readonly providers: readonly SignatureFact['provider'][];
  readonly signers?: readonly WrittenSigner[];
  readonly declared?: boolean;
  readonly unknown?: UnknownVerdict;
}

export interface SignatureOptions extends AcceptedSignatures {
  readonly declared: boolean;
}

const FOLLOWED_KINDS: ReadonlySet<string> = new Set(['HelmRepository', 'OCIRepository', 'HelmChart']);

/** Makes the rule of its options. */
export function signatureRule(options: SignatureOptions): RuleBody {
  return {
    kinds: options.declared ? ['HelmRelease', 'HelmChart', 'OCIRepository'] : ['HelmRelease'],
    reads: [],
    writes: [],
    needs: ['signature'],
    unknown: options.unknown,
    sources(subject) {
      const source = options.declared ? sourceOf(subject.kind, subject.object, subject.namespace) : undefined;
      return source !== undefined && FOLLOWED_KINDS.has(source.kind) ? [source] : [];
    },
    judge(input) {
      if (input.phase === 'admission' && options.declared) return judgeDeclared(options, input);
      if (input.phase === 'release' && input.subject.kind === 'HelmRelease') {
        return judgeSignature(options, input.facts);
      }
      return { findings: [], warnings: [] };
    },
  };
}
