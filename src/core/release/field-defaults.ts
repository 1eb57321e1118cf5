/** The words in which the tables of defaults are written: what a controller takes for a field that nobody wrote. */
import type { Json, JsonObject } from '../json/json.ts';
import { valueAt } from '../json/pointer.ts';

/** Whose reading of an object is asked for: they differ in a few defaults. */
export type Controller = 'helmgate' | 'flux';

/** What a default may be made of: the object as it was written, and where it lies. */
export interface WrittenObject {
  readonly spec: JsonObject;
  readonly namespace: string;
  /** Empty while the API server has not generated it yet. */
  readonly name: string;
  readonly controller: Controller;
}

/** `beside` holds the fields of the same group as they were written. */
export type DefaultValue = (written: WrittenObject, beside: JsonObject) => Json | undefined;

/** What every part of a table can have. */
interface InVersions {
  /** The first API version that has the field; earlier ones lose it before it is stored. */
  readonly since?: 'v2beta2' | 'v2' | 'v1beta2';
}

export interface FieldDefault extends InVersions {
  readonly is: 'field';
  /** Who fills it in: the CRD's own schema, where the parent is written, or the controller when it reads the field. */
  readonly by: 'api' | 'controller';
  readonly value: DefaultValue;
  /** Whether the controller reads an empty text as no text at all. */
  readonly emptyIsAbsent: boolean;
  /** The API refuses the field unless the one beside it is written with this value. */
  readonly onlyBeside?: { readonly field: string; readonly value: string };
}

export interface FieldGroup extends InVersions {
  readonly is: 'group';
  /** Whether the controller behaves as if the group were there: `spec.install` yes, `spec.kubeConfig` no. */
  readonly made: boolean;
  /** Whether writing the group says something by itself, so that nobody but the author may add it. */
  readonly chosen: boolean;
  readonly fields: Readonly<Record<string, FieldNode>>;
}

export interface FieldList extends InVersions {
  readonly is: 'list';
  readonly item: FieldGroup;
}

export type FieldNode = FieldDefault | FieldGroup | FieldList;

export type Fields = FieldGroup['fields'];

/** A field that the schema fills in. */
export function api(value: string): FieldDefault {
  return { is: 'field', by: 'api', value: () => value, emptyIsAbsent: false };
}

/** A field that the controller takes a value for. */
export function controller(value: string | number | boolean | DefaultValue): FieldDefault {
  return { is: 'field', by: 'controller', value: asFunction(value), emptyIsAbsent: false };
}

/** A text whose empty spelling means the same as its absence. */
export function text(value: string | DefaultValue): FieldDefault {
  return { ...controller(value), emptyIsAbsent: true };
}

/** A text that the schema fills in; where it is written empty the controller takes the same value. */
export function apiText(value: string): FieldDefault {
  return { ...api(value), emptyIsAbsent: true };
}

/** A group that is there whether it is written or not. */
export function always(fields: Fields): FieldGroup {
  return { is: 'group', made: true, chosen: false, fields };
}

/** A group whose absence means something else than an empty one. */
export function ifWritten(fields: Fields): FieldGroup {
  return { is: 'group', made: false, chosen: true, fields };
}

/** A group that nobody makes and that says nothing but what its fields say. */
export function holder(fields: Fields): FieldGroup {
  return { is: 'group', made: false, chosen: false, fields };
}

/** A list of objects; nothing is filled in where it is absent. */
export function each(fields: Fields): FieldList {
  return { is: 'list', item: ifWritten(fields) };
}

/** The field, which the API admits only beside another one with this value. */
export function onlyBeside(field: string, value: string, node: FieldDefault): FieldDefault {
  return { ...node, onlyBeside: { field, value } };
}

/** A field without a default, in a table because not every version has it. */
export const NO_DEFAULT: FieldDefault = controller(() => undefined);

/** The field with the first API version that has it. */
export function since<Node extends FieldNode>(version: NonNullable<Node['since']>, node: Node): Node {
  return { ...node, since: version };
}

/** The non-empty text at a path of the spec as it was written. */
export function textIn({ spec }: WrittenObject, ...tokens: readonly string[]): string | undefined {
  const value = valueAt(spec, tokens);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Whether a path of the spec was written as `true`. */
export function isTrueIn({ spec }: WrittenObject, ...tokens: readonly string[]): boolean {
  return valueAt(spec, tokens) === true;
}

function asFunction(value: string | number | boolean | DefaultValue): DefaultValue {
  return typeof value === 'function' ? value : () => value;
}
