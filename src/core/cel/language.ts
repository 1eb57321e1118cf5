/** The language that expressions are written in: CEL with the variables that the caller declares and the functions of the catalogue. */
import { Environment } from '@marcbachmann/cel-js';
import { FUNCTIONS } from './functions/function-catalogue.ts';
import { MAX_NESTING, MAX_NODES } from './limits.ts';

/** The type of a variable or field. `dyn` is checked when it is evaluated; `texts` is a list, `strings` a map of texts. */
export type VariableType =
  | 'dyn'
  | 'string'
  | 'bool'
  | 'timestamp'
  | 'texts'
  | 'strings'
  | RecordType
  | { readonly list: RecordType };

export interface RecordType {
  /** For messages, `Request`. */
  readonly name: string;
  readonly fields: Readonly<Record<string, VariableType>>;
  /** It may be null, so the checker knows only the names of its fields. */
  readonly nullable?: boolean;
}

export interface VariableDeclaration {
  readonly name: string;
  readonly type: VariableType;
  /** One line, for the reference. */
  readonly text: string;
}

const PLAIN_TYPES = {
  dyn: 'dyn',
  string: 'string',
  bool: 'bool',
  timestamp: 'google.protobuf.Timestamp',
  texts: 'list<string>',
  strings: 'map<string, string>',
} as const;

/** Makes the library's environment; it is expensive, so it is made once for all expressions. */
export function makeEnvironment(variables: readonly VariableDeclaration[]): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: true,
    unlistedVariablesAreDyn: false,
    limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_NESTING },
  });
  const known = new Set<string>();
  for (const { name, type } of variables)
    environment.registerVariable(name, typeName(environment, type, known));
  registerFunctions(environment);
  return environment;
}

function typeName(environment: Environment, type: VariableType, known: Set<string>): string {
  if (typeof type === 'string') return PLAIN_TYPES[type];
  if ('list' in type) return `list<${typeName(environment, type.list, known)}>`;
  if (type.nullable === true) return 'dyn';
  if (!known.has(type.name)) {
    known.add(type.name);
    const fields = Object.entries(type.fields).map(([field, of]) => [
      field,
      typeName(environment, of, known),
    ]);
    environment.registerType(type.name, { fields: Object.fromEntries(fields) });
  }
  return type.name;
}

/** The library only checks types: what is registered here is never called. */
function registerFunctions(environment: Environment): void {
  const spaces = new Set(['optional']);
  for (const { kind, name, signatures, added = [] } of FUNCTIONS) {
    for (const signature of added) environment.registerFunction(signature, () => null);
    const [space = ''] = name.split('.');
    if (kind !== 'member' || space === 'optional') continue;
    if (!spaces.has(space)) registerSpace(environment, space);
    spaces.add(space);
    for (const signature of signatures) environment.registerFunction(`Functions.${signature}`, () => null);
  }
}

/** `semver` in `semver.compare(a, b)` is a constant of a type of its own, and the functions are its methods. */
function registerSpace(environment: Environment, space: string): void {
  const type = class {
    readonly space: string = space;
  };
  environment.registerType(`Functions.${space}`, type);
  environment.registerConstant(space, `Functions.${space}`, new type());
}
