/** From the text of an expression to something that can be evaluated, or to what is wrong with it. */
import type { Environment } from '@marcbachmann/cel-js';
import { didYouMean } from '../policy/did-you-mean.ts';
import { keyText, readKey, readOptionalKey } from './access.ts';
import { CelError, OverBudgetError, UnknownFactError } from './cel-error.ts';
import { compileCall, SPACES } from './compile-call.ts';
import { compileBinary, compileConditional, compileLogical, compileUnary } from './compile-operator.ts';
import type { Compiler, Scope } from './compiler.ts';
import type { ExpressionNode, ExpressionProblem, MapNode } from './expression-tree.ts';
import { reportFields } from './field-problems.ts';
import { type KnownValues, knownValueProblems } from './known-values.ts';
import { makeEnvironment, type VariableDeclaration } from './language.ts';
import { MAX_COST } from './limits.ts';
import { parseExpression } from './parse-expression.ts';
import { type Read, readsOf } from './reads.ts';
import { type ReadVariable, Run, type Step } from './run.ts';
import { CelList, CelMap, type MapKey, TypeValue, type UnknownFact, type Value } from './value.ts';

/** How an evaluation ended, and the units that it took. */
export type Outcome =
  | { readonly kind: 'value'; readonly value: Value; readonly cost: number }
  /** What the outcome depends on is not known. */
  | { readonly kind: 'unknown'; readonly fact: UnknownFact; readonly message: string; readonly cost: number }
  | { readonly kind: 'error' | 'overBudget'; readonly message: string; readonly cost: number };

export interface CompiledExpression {
  readonly text: string;
  readonly reads: readonly Read[];
  /** The fields that it reads of variables of unknown type, each by itself, also through names that `cel.bind` gave them. */
  readonly fieldReads: readonly Read[];
  /** Evaluates it; errors of CEL are outcomes. `limit` is in units (`limits.ts`). */
  readonly evaluate: (read: ReadVariable, limit?: number) => Outcome;
}

export type CompileResult =
  | { readonly ok: true; readonly expression: CompiledExpression }
  | { readonly ok: false; readonly problems: readonly ExpressionProblem[] };

/** Expressions over the variables that it is made with. */
export class Language {
  readonly variables: ReadonlyMap<string, VariableDeclaration>;
  readonly #known: readonly KnownValues[];
  #environment: Environment | undefined;

  constructor(variables: readonly VariableDeclaration[], known: readonly KnownValues[] = []) {
    this.#known = known;
    this.variables = new Map(variables.map((variable) => [variable.name, variable]));
  }

  /** Compiles an expression that gives a bool or a text, as far as that can be told; never throws. */
  compile(text: string, gives: 'bool' | 'string'): CompileResult {
    // Made when the first expression comes: most policy sets have none.
    this.#environment ??= makeEnvironment([...this.variables.values()]);
    const parsed = parseExpression(this.#environment, text);
    if (!parsed.ok) return { ok: false, problems: [parsed.problem] };
    const compilation = new Compilation(text, this.variables);
    const step = compilation.step(parsed.tree, new Map());
    const reads = readsOf(parsed.tree).filter(({ variable }) => this.variables.has(variable));
    const fields = reportFields(parsed.tree, this.variables);
    const values = knownValueProblems(parsed.tree, this.#known);
    const problems = [...compilation.problems, ...fields.problems, ...values];
    if (problems.length > 0) return { ok: false, problems };
    const types = parsed.checkTypes();
    if (!types.ok) return { ok: false, problems: [types.problem] };
    if (types.type !== gives && types.type !== 'dyn') {
      const wanted = gives === 'bool' ? 'true or false' : 'a text';
      const message = `the expression gives ${types.type}, not ${wanted}`;
      return { ok: false, problems: [{ message, offset: 0 }] };
    }
    return { ok: true, expression: { text, reads, fieldReads: fields.reads, evaluate: evaluator(step) } };
  }
}

function evaluator(step: Step): CompiledExpression['evaluate'] {
  return (read, limit = MAX_COST) => {
    const run = new Run(read, limit);
    try {
      const value = step(run);
      return { kind: 'value', value, cost: run.cost };
    } catch (error) {
      if (error instanceof UnknownFactError)
        return { kind: 'unknown', fact: error.fact, message: error.message, cost: run.cost };
      if (error instanceof CelError) return { kind: 'error', message: error.message, cost: run.cost };
      if (error instanceof OverBudgetError)
        return { kind: 'overBudget', message: error.message, cost: run.cost };
      throw error;
    }
  };
}

/** Names of types, to compare `type(x)` with. */
const TYPE_NAMES: ReadonlySet<string> = new Set([
  'bool',
  'int',
  'double',
  'string',
  'list',
  'map',
  'null_type',
  'type',
]);
const TIME_TYPES = /^google\s*\.\s*protobuf\s*\.\s*(?<name>Timestamp|Duration)$/;

class Compilation implements Compiler {
  readonly problems: ExpressionProblem[] = [];
  readonly #text: string;
  readonly #variables: ReadonlyMap<string, VariableDeclaration>;
  #slots = 0;

  constructor(text: string, variables: ReadonlyMap<string, VariableDeclaration>) {
    this.#text = text;
    this.#variables = variables;
  }

  step(node: ExpressionNode, scope: Scope): Step {
    switch (node.kind) {
      case 'literal':
        return constant(node.value);
      case 'name':
        return this.#name(node.name, node.start, scope);
      case 'select':
      case 'index':
        return this.#key(node, scope);
      case 'call':
        return compileCall(node, scope, this);
      case 'list': {
        const steps = node.items.map((item) => this.step(item, scope));
        return (run) => {
          run.charge(1 + steps.length);
          return new CelList(steps.map((step) => step(run)));
        };
      }
      case 'map':
        return this.#map(node, scope);
      case 'conditional':
        return compileConditional(node, scope, this);
      case 'logical':
        return compileLogical(node, scope, this);
      case 'unary':
        return compileUnary(node, scope, this);
      case 'binary':
        return compileBinary(node, scope, this);
    }
  }

  textOf({ start, end }: ExpressionNode): string {
    return this.#text.slice(start, end);
  }

  problem(offset: number, message: string, hint?: string): void {
    this.problems.push(hint === undefined ? { message, offset } : { message, offset, hint });
  }

  newSlot(): number {
    this.#slots += 1;
    return this.#slots - 1;
  }

  isVariable(name: string): boolean {
    return this.#variables.has(name);
  }

  nameOffset({ name, receiver, start }: ExpressionNode & { readonly kind: 'call' }): number {
    return receiver === undefined ? start : Math.max(start, this.#text.indexOf(name, receiver.end));
  }

  #name(name: string, offset: number, scope: Scope): Step {
    const slot = scope.get(name);
    if (slot !== undefined) {
      return (run) => {
        run.charge(1);
        return run.locals[slot] ?? null;
      };
    }
    if (this.#variables.has(name)) {
      return (run) => {
        run.charge(1);
        return run.variable(name);
      };
    }
    if (TYPE_NAMES.has(name)) return constant(new TypeValue(name));
    if (SPACES.has(name)) this.problem(offset, `${name} is a group of functions, no value`);
    else {
      const known = [...this.#variables.keys(), ...scope.keys()];
      const hint = didYouMean(name, known) ?? `known are ${[...this.#variables.keys()].join(', ')}`;
      this.problem(offset, `there is no variable ${name}`, hint);
    }
    return constant(null);
  }

  #key(node: ExpressionNode & { readonly kind: 'select' | 'index' }, scope: Scope): Step {
    const time = scope.has('google') ? undefined : TIME_TYPES.exec(this.textOf(node))?.groups?.['name'];
    if (time !== undefined) return constant(new TypeValue(`google.protobuf.${time}`));
    const operand = this.step(node.operand, scope);
    const text = this.textOf(node.operand);
    const read = node.optional ? readOptionalKey : readKey;
    if (node.kind === 'select') {
      const { field } = node;
      return (run) => {
        run.charge(1);
        return read(operand(run), field, text);
      };
    }
    const index = this.step(node.index, scope);
    return (run) => {
      run.charge(1);
      return read(operand(run), index(run), text);
    };
  }

  #map(node: MapNode, scope: Scope): Step {
    const entries = node.entries.map(
      ([key, value]) => [this.step(key, scope), this.step(value, scope)] as const,
    );
    return (run) => {
      run.charge(1 + 2 * entries.length);
      const map = new Map<MapKey, Value>();
      for (const [key, value] of entries) {
        const name = key(run);
        if (typeof name !== 'string' && typeof name !== 'bigint' && typeof name !== 'boolean')
          throw new CelError('a key of a map must be a string, an int or a bool');
        if (map.has(name)) throw new CelError(`the key ${keyText(name)} occurs twice in a map`);
        map.set(name, value(run));
      }
      return new CelMap(map);
    };
  }
}

function constant(value: Value): Step {
  return (run) => {
    run.charge(1);
    return value;
  };
}
