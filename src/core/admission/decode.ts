import { isJsonObject, type Json, type JsonObject } from '../json/json.ts';
import { shortText } from '../policy/short-text.ts';
import type { Operation, UserInfo } from '../policy/subject.ts';
import type { AdmissionRequest } from './admission-request.ts';

/** Why a body is no review that can be answered: the caller gets HTTP 400. */
export interface DecodeError {
  readonly code: 'NotAReview' | 'UnsupportedVersion' | 'InvalidRequest';
  readonly message: string;
  /** The request's uid when it could be read, for the audit log. */
  readonly uid?: string;
}

export type DecodeResult =
  | { readonly ok: true; readonly request: AdmissionRequest }
  | { readonly ok: false; readonly error: DecodeError };

export const REVIEW_API_VERSION = 'admission.k8s.io/v1';
const OPERATIONS: ReadonlySet<string> = new Set(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']);

/** Reads an AdmissionReview of admission.k8s.io/v1. */
export function decode(review: Json): DecodeResult {
  if (!isJsonObject(review) || review['kind'] !== 'AdmissionReview') {
    return refuse('NotAReview', 'the body is not an AdmissionReview');
  }
  const { apiVersion, request } = review;
  const uid = isJsonObject(request) && typeof request['uid'] === 'string' ? request['uid'] : undefined;
  if (apiVersion !== REVIEW_API_VERSION) {
    const shown = shortText(typeof apiVersion === 'string' ? apiVersion : 'nothing', 60);
    const message = `apiVersion must be ${REVIEW_API_VERSION}, not ${shown}: set admissionReviewVersions to [v1]`;
    return refuse('UnsupportedVersion', message, uid);
  }
  if (!isJsonObject(request)) return refuse('InvalidRequest', 'the review has no request');
  try {
    return { ok: true, request: readRequest(request) };
  } catch (error) {
    if (error instanceof FieldError) return refuse('InvalidRequest', error.message, uid);
    throw error;
  }
}

/** Thrown and caught in this file only: the first field that is wrong. */
class FieldError extends Error {}

function readRequest(request: JsonObject): AdmissionRequest {
  const operation = text(request, 'operation');
  if (!OPERATIONS.has(operation))
    throw new FieldError('request.operation is not CREATE, UPDATE, DELETE or CONNECT');
  const object = objectField(request, 'object');
  const oldObject = objectField(request, 'oldObject');
  if (object === undefined && (operation === 'CREATE' || operation === 'UPDATE')) {
    throw new FieldError(`request.object is null on ${operation}`);
  }
  if (oldObject === undefined && operation === 'UPDATE')
    throw new FieldError('request.oldObject is null on UPDATE');
  const uid = text(request, 'uid');
  if (uid === '') throw new FieldError('request.uid is empty');
  const subResource = optionalText(request, 'subResource');
  const { options } = request;
  return {
    uid,
    kind: readKind(request),
    resource: readResource(request),
    operation: operation as Operation,
    namespace: optionalText(request, 'namespace') ?? '',
    name: optionalText(request, 'name') ?? '',
    user: readUser(request['userInfo']),
    dryRun: request['dryRun'] === true,
    ...(subResource === undefined || subResource === '' ? {} : { subResource }),
    ...(object === undefined ? {} : { object }),
    ...(oldObject === undefined ? {} : { oldObject }),
    ...(options === undefined || options === null ? {} : { options }),
  };
}

function readKind(request: JsonObject): AdmissionRequest['kind'] {
  const kind = requiredObject(request, 'kind');
  return {
    group: optionalText(kind, 'group') ?? '',
    version: text(kind, 'version'),
    kind: text(kind, 'kind'),
  };
}

function readResource(request: JsonObject): AdmissionRequest['resource'] {
  const resource = requiredObject(request, 'resource');
  return {
    group: optionalText(resource, 'group') ?? '',
    version: text(resource, 'version'),
    resource: text(resource, 'resource'),
  };
}

/** A group that is no text is refused rather than left out: exclusions are decided by groups. */
function readUser(user: Json | undefined): UserInfo {
  if (!isJsonObject(user)) throw new FieldError('request.userInfo is missing');
  const groups: Json = user['groups'] ?? [];
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
    throw new FieldError('request.userInfo.groups is not a list of texts');
  }
  const uid = optionalText(user, 'uid');
  return { username: optionalText(user, 'username') ?? '', groups, ...(uid === undefined ? {} : { uid }) };
}

function text(parent: JsonObject, field: string): string {
  const value = parent[field];
  if (typeof value !== 'string') throw new FieldError(`request.${field} is not a text`);
  return value;
}

function optionalText(parent: JsonObject, field: string): string | undefined {
  return parent[field] === undefined || parent[field] === null ? undefined : text(parent, field);
}

function requiredObject(parent: JsonObject, field: string): JsonObject {
  const value = parent[field];
  if (!isJsonObject(value)) throw new FieldError(`request.${field} is not an object`);
  return value;
}

function objectField(request: JsonObject, field: string): JsonObject | undefined {
  return request[field] === undefined || request[field] === null ? undefined : requiredObject(request, field);
}

function refuse(code: DecodeError['code'], message: string, uid?: string): DecodeResult {
  return { ok: false, error: uid === undefined ? { code, message } : { code, message, uid } };
}
