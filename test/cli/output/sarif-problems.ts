/**
 * What is wrong with a SARIF log: the parts of the OASIS 2.1.0 schema that a log of findings uses, written out. Properties that the
 * schema does not have are refused, as its `additionalProperties: false` does.
 */
import { Ajv } from 'ajv';

const text = { type: 'string', minLength: 1 };
const message = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: { text, markdown: text },
};
const line = { type: 'integer', minimum: 1 };
const SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['version', 'runs'],
  properties: {
    $schema: { const: 'https://json.schemastore.org/sarif-2.1.0.json' },
    version: { const: '2.1.0' },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['tool', 'results'],
        properties: {
          tool: {
            type: 'object',
            additionalProperties: false,
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                additionalProperties: false,
                required: ['name'],
                properties: {
                  name: text,
                  fullName: text,
                  semanticVersion: { type: 'string', pattern: String.raw`^\d+\.\d+\.\d+` },
                  rules: {
                    type: 'array',
                    uniqueItems: true,
                    items: {
                      type: 'object',
                      additionalProperties: false,
                      required: ['id', 'shortDescription', 'help'],
                      properties: {
                        id: text,
                        shortDescription: message,
                        fullDescription: message,
                        help: message,
                      },
                    },
                  },
                },
              },
            },
          },
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          invocations: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['executionSuccessful'],
              properties: { executionSuccessful: { type: 'boolean' } },
            },
          },
          results: {
            type: 'array',
            items: {
              type: 'object',
              additionalProperties: false,
              required: ['message', 'ruleId', 'ruleIndex', 'level', 'locations'],
              properties: {
                ruleId: text,
                ruleIndex: { type: 'integer', minimum: 0 },
                level: { enum: ['none', 'note', 'warning', 'error'] },
                message,
                locations: {
                  type: 'array',
                  minItems: 1,
                  items: {
                    type: 'object',
                    additionalProperties: false,
                    required: ['physicalLocation'],
                    properties: {
                      physicalLocation: {
                        type: 'object',
                        additionalProperties: false,
                        required: ['artifactLocation', 'region'],
                        properties: {
                          artifactLocation: {
                            type: 'object',
                            additionalProperties: false,
                            required: ['uri'],
                            properties: {
                              uri: { type: 'string', pattern: String.raw`^[A-Za-z0-9._~!$&'()*+,;=:@%/-]+$` },
                              uriBaseId: { const: '%SRCROOT%' },
                            },
                          },
                          region: {
                            type: 'object',
                            additionalProperties: false,
                            required: ['startLine', 'startColumn'],
                            properties: { startLine: line, startColumn: line },
                          },
                        },
                      },
                      logicalLocations: {
                        type: 'array',
                        items: {
                          type: 'object',
                          additionalProperties: false,
                          properties: { fullyQualifiedName: text },
                        },
                      },
                    },
                  },
                },
                partialFingerprints: { type: 'object', additionalProperties: text },
              },
            },
          },
        },
      },
    },
  },
};

interface Log {
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
    readonly results: readonly {
      readonly ruleId: string;
      readonly ruleIndex: number;
      readonly partialFingerprints: Readonly<Record<string, string>>;
      readonly locations: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } };
      }[];
    }[];
  }[];
}

const validate = new Ajv({ allErrors: true }).compile<Log>(SCHEMA);

/** Each problem in one line; empty for a valid log. */
export function sarifProblems(json: string): readonly string[] {
  const log: unknown = JSON.parse(json);
  if (!validate(log))
    return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
  return log.runs.flatMap(({ tool, results }) => [
    ...results
      .filter(({ ruleId, ruleIndex }) => tool.driver.rules[ruleIndex]?.id !== ruleId)
      .map(({ ruleId }) => `ruleIndex of ${ruleId} points to another rule (3.27.6)`),
    ...results
      .flatMap(({ locations }) =>
        locations.map(({ physicalLocation }) => physicalLocation.artifactLocation.uri),
      )
      .filter((uri) => !URL.canParse(uri, 'file:///base/'))
      .map((uri) => `${uri} is no URI`),
    ...(new Set(results.map(({ partialFingerprints }) => JSON.stringify(partialFingerprints))).size ===
    results.length
      ? []
      : ['two results have one fingerprint']),
  ]);
}
