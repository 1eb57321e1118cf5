/**
 * What is wrong between rules of one set: found when it is loaded, so that no request meets it. The work grows with the number of
 * leaves and with the pairs that may meet: leaves are looked up by path, then by namespace, then by value.
 */
import { canonicalJson } from '../json/canonical.ts';
import { formatPath } from '../json/path.ts';
import { formatPointer } from '../json/pointer.ts';
import type { PolicyPlace } from './decision.ts';
import { canDeny, neverDenyTogether } from './enforcement.ts';
import { areDisjoint, fieldsReadBy, NAMESPACE_FIELDS } from './match.ts';
import { PathTree } from './path-tree.ts';
import type { CompiledRule, DefaultLeaf } from './rule.ts';

export interface Contradiction {
  readonly place: PolicyPlace;
  readonly message: string;
}

/** More of them nobody reads; they mostly have one cause. */
const MAX_CONTRADICTIONS = 100;

/** Contradicting defaults and overrides, and mutations of fields that decide what a rule applies to. */
export function findContradictions(rules: readonly CompiledRule[]): readonly Contradiction[] {
  return [...contradictingLeaves(rules), ...writesToReadFields(rules)].slice(0, MAX_CONTRADICTIONS);
}

interface Writer {
  readonly rule: CompiledRule;
  readonly leaf: DefaultLeaf;
  readonly what: 'default' | 'override';
  /** The value, in one text for one value. */
  readonly text: string;
  /** The namespaces that the rule is for, when it names them all without stars. */
  readonly namespaces: readonly string[] | undefined;
}

/** Writers by value. */
type Bucket = Map<string, Writer[]>;

/** Writers of one kind of leaf at one path. */
interface Slot {
  readonly what: Writer['what'];
  readonly anywhere: Bucket;
  readonly byNamespace: Map<string, Bucket>;
}

const ARTICLE = { default: 'a default', override: 'an override' } as const;

function contradictingLeaves(rules: readonly CompiledRule[]): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const trees = new Map<string, PathTree<Slot>>();
  const slots = new Map<string, Slot>();
  for (const writer of rules.filter(({ enforcement }) => canDeny(enforcement)).flatMap(writersOf)) {
    const { kind, tokens } = writer.leaf;
    const tree = trees.get(kind) ?? new PathTree<Slot>();
    trees.set(kind, tree);
    const key = `${writer.what} ${kind} ${formatPointer(tokens)}`;
    const slot: Slot = slots.get(key) ?? { what: writer.what, anywhere: new Map(), byNamespace: new Map() };
    if (!slots.has(key)) tree.add(tokens, slot);
    slots.set(key, slot);
    report(writer, candidates(slot, writer, writer.text), `another ${writer.what}`, found);
    for (const other of tree.related(tokens).around)
      report(writer, candidates(other, writer), `${ARTICLE[other.what]} around or below it`, found);
    if (found.length >= MAX_CONTRADICTIONS) break;
    addTo(slot, writer);
  }
  return found;
}

function writersOf(rule: CompiledRule): readonly Writer[] {
  const { defaults = [], overrides = [] } = rule.body;
  const names = rule.match.namespaces?.names;
  const plain = names?.every(({ parts }) => parts.length === 1) === true;
  const namespaces = plain ? names.map(({ text }) => text) : undefined;
  const writer = (what: Writer['what']) => (leaf: DefaultLeaf) => {
    return { rule, leaf, what, text: canonicalJson(leaf.value), namespaces };
  };
  return [...defaults.map(writer('default')), ...overrides.map(writer('override'))];
}

/** Those of a slot that a writer may meet; not those of the value `except`. */
function candidates({ anywhere, byNamespace }: Slot, writer: Writer, except?: string): ReadonlySet<Writer> {
  const { namespaces } = writer;
  const buckets = namespaces?.flatMap((name) => byNamespace.get(name) ?? []) ?? [...byNamespace.values()];
  const found = new Set<Writer>();
  for (const bucket of [anywhere, ...buckets]) {
    for (const [text, writers] of bucket) if (text !== except) for (const other of writers) found.add(other);
  }
  return found;
}

function report(writer: Writer, others: ReadonlySet<Writer>, what: string, found: Contradiction[]): void {
  for (const other of others) {
    if (areDisjoint(other.rule.match, writer.rule.match)) continue;
    if (neverDenyTogether(other.rule.enforcement, writer.rule.enforcement)) continue;
    const at = `${other.leaf.place.file}:${other.leaf.place.line}`;
    const path = formatPath(writer.leaf.tokens);
    const message = `${path} has ${what} in ${nameOf(other.rule)} (${at}), and both rules can apply to one object`;
    found.push({ place: writer.leaf.place, message });
    if (found.length >= MAX_CONTRADICTIONS) return;
  }
}

function addTo({ anywhere, byNamespace }: Slot, writer: Writer): void {
  if (writer.namespaces === undefined) addByValue(anywhere, writer);
  for (const name of writer.namespaces ?? []) {
    const bucket: Bucket = byNamespace.get(name) ?? new Map();
    byNamespace.set(name, bucket);
    addByValue(bucket, writer);
  }
}

function addByValue(bucket: Bucket, writer: Writer): void {
  const list = bucket.get(writer.text);
  if (list === undefined) bucket.set(writer.text, [writer]);
  else list.push(writer);
}

/** By kind, the first that reads each path. */
type Readers = Map<string, { readonly tree: PathTree<string>; readonly paths: Set<string> }>;

function writesToReadFields(rules: readonly CompiledRule[]): readonly Contradiction[] {
  const readers: Readers = new Map();
  const matches: Readers = new Map();
  for (const rule of rules) {
    for (const tokens of fieldsChoosing(rule)) {
      addReader(readers, rule, tokens, nameOf(rule));
      addReader(matches, rule, tokens, nameOf(rule));
    }
    for (const tokens of rule.body.reads) addReader(readers, rule, tokens, nameOf(rule));
    for (const { name, match } of rule.exceptions ?? []) {
      for (const tokens of fieldsReadBy(match)) {
        addReader(readers, rule, tokens, `exception ${name}`);
        addReader(matches, rule, tokens, `exception ${name}`);
      }
    }
  }
  const found = new Map<string, Contradiction>();
  for (const rule of rules) {
    const writers = writersOf(rule);
    for (const { leaf, what } of writers) {
      const reader = readerOf(readers, leaf);
      const path = formatPath(leaf.tokens);
      const so = what === 'default' ? 'can have no default' : 'cannot be overridden';
      const message = `${path} decides what ${reader} applies to or finds, so it ${so}`;
      if (reader !== undefined) found.set(`${nameOf(rule)}/${path}`, { place: leaf.place, message });
    }
    for (const write of writers.length > 0 ? [] : rule.body.writes) {
      const reader = readerOf(matches, write);
      const path = formatPath(write.tokens);
      const message = `${path} decides what ${reader} applies to, so this rule cannot change it`;
      if (reader !== undefined) found.set(`${nameOf(rule)}/${path}`, { place: rule.place, message });
    }
  }
  return [...found.values()];
}

/** The fields of an object by which a rule applies to it, and how much it weighs. */
function fieldsChoosing({ match, enforcement }: CompiledRule): readonly (readonly string[])[] {
  const staged = typeof enforcement !== 'string' && enforcement.namespaces.length > 0;
  return [...fieldsReadBy(match), ...(staged ? NAMESPACE_FIELDS : [])];
}

function addReader(readers: Readers, rule: CompiledRule, tokens: readonly string[], name: string): void {
  for (const kind of rule.body.kinds) {
    if (rule.match.kinds !== undefined && !rule.match.kinds.has(kind)) continue;
    const known = readers.get(kind) ?? { tree: new PathTree<string>(), paths: new Set<string>() };
    readers.set(kind, known);
    const path = formatPointer(tokens);
    if (known.paths.has(path)) continue;
    known.paths.add(path);
    known.tree.add(tokens, name);
  }
}

function readerOf(
  readers: Readers,
  { kind, tokens }: { readonly kind: string; readonly tokens: readonly string[] },
): string | undefined {
  const related = readers.get(kind)?.tree.related(tokens);
  return related?.at[0] ?? related?.around[0];
}

function nameOf({ policy, id }: CompiledRule): string {
  return `${policy}/${id}`;
}
