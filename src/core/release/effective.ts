/**
 * The effective object: what its controller sees of it. An object is stored in the newest version of the API, which fills in the
 * defaults of its schema; the controller then takes its own for whatever is still absent, and composes names. A rule about
 * `spec.upgrade.remediation.retries` is about the 0 that an author never wrote, so rules judge this object.
 */
import { isJsonObject, type JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';
import { liftBetaFields } from '../policy/lift.ts';
import type { Controller, FieldGroup } from './field-defaults.ts';
import { fillGroup } from './fill-defaults.ts';
import { RELEASE_DEFAULTS } from './release-defaults.ts';
import { SOURCE_DEFAULTS } from './source-defaults.ts';

/** Who gave a value: the author, the API's schema, a policy, or the controller. */
export type Origin = 'written' | 'api' | 'policy' | 'controller';

export interface EffectiveInput {
  readonly kind: string;
  /** The API version that the object is written in, without its group. */
  readonly version: string;
  readonly namespace: string;
  /** Empty while the API server has not generated it yet; the release's name is then absent. */
  readonly name: string;
  readonly object: JsonObject;
  /** Whose defaults; Helmgate's when absent. */
  readonly controller?: Controller;
  /** Pointers at which policies gave the value. */
  readonly changed?: { keys(): Iterable<string> };
}

export interface EffectiveObject {
  /** Frozen where it differs from the object that came, and otherwise shared with it. */
  readonly object: JsonObject;
  /**
   * RFC 6901 pointers of everything that the author did not write, groups included: with `/spec/upgrade` in it the group is
   * absent, without it `upgrade: {}` is written. What is not in the map was written; see {@link originAt}.
   */
  readonly origins: ReadonlyMap<string, Origin>;
}

interface Remembered {
  readonly input: EffectiveInput;
  readonly effective: EffectiveObject;
}

/** Objects never change, and every rule of a set asks for the same one or two readings of them. */
const remembered = new WeakMap<JsonObject, Remembered[]>();

/** More readings of one object than there are controllers are asked for only by tests. */
const MAX_READINGS = 4;

/**
 * The object as its controller sees it; an object of another kind, or without a spec, comes back as it is.
 *
 * A text that is written empty where the controller takes that for absent (`valuesKey: ""`) is replaced too, as a value of
 * the controller's. Values of wrong types stay: they were written, and the API server refuses them. `status` and `metadata` are
 * left alone.
 */
export function effectiveObject(input: EffectiveInput): EffectiveObject {
  const readings = remembered.get(input.object) ?? [];
  const known = readings.find((reading) => isSameInput(reading.input, input));
  if (known !== undefined) return known.effective;
  const effective = readEffective(input);
  remembered.set(input.object, [{ input, effective }, ...readings].slice(0, MAX_READINGS));
  return effective;
}

/** Who gave the value at a pointer. */
export function originAt({ origins }: EffectiveObject, pointer: string): Origin {
  return origins.get(pointer) ?? 'written';
}

function readEffective(input: EffectiveInput): EffectiveObject {
  const { kind, version, namespace, name, controller = 'helmgate', changed } = input;
  const group = defaultsOf(kind);
  const object = liftBetaFields(kind, version, input.object).object;
  const spec = valueAt(object, ['spec']);
  const origins = new Map<string, Origin>();
  for (const pointer of changed?.keys() ?? []) origins.set(pointer, 'policy');
  if (group === undefined || !isJsonObject(spec)) return Object.freeze({ object, origins });
  const filled = new Map<string, 'api' | 'controller'>();
  const written = { spec, namespace, name, controller };
  const effective = fillGroup(group, spec, '/spec', { written, version, origins: filled });
  for (const [pointer, origin] of filled) origins.set(pointer, origin);
  return Object.freeze({
    object: effective === spec ? object : Object.freeze({ ...object, spec: effective }),
    origins,
  });
}

/** The table of a kind; undefined for kinds that have none. */
export function defaultsOf(kind: string): FieldGroup | undefined {
  if (kind === 'HelmRelease') return RELEASE_DEFAULTS;
  return Object.hasOwn(SOURCE_DEFAULTS, kind) ? SOURCE_DEFAULTS[kind] : undefined;
}

function isSameInput(left: EffectiveInput, right: EffectiveInput): boolean {
  return (
    left.kind === right.kind &&
    left.version === right.version &&
    left.namespace === right.namespace &&
    left.name === right.name &&
    (left.controller ?? 'helmgate') === (right.controller ?? 'helmgate') &&
    left.changed === right.changed
  );
}
