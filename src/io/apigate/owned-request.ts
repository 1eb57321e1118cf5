import { HELM_MANAGER, helmToOwner, helmToOwnerInPatch } from './field-owner.ts';

/** A body that names helm as the manager of fields, with the owner in its place. */
export function ownedBody(body: Buffer, contentType: string | undefined, owner: string): Buffer {
  if (owner === HELM_MANAGER) return body;
  if (contentType?.startsWith('application/json-patch+json') === true) {
    return Buffer.from(helmToOwnerInPatch(body.toString('utf8'), owner));
  }
  if (contentType?.startsWith('application/json') !== true) return body;
  const text = body.toString('utf8');
  const owned = helmToOwner(text, owner);
  return owned === text ? body : Buffer.from(owned);
}

/** The query with helm's field manager replaced by the owner. */
export function ownedQuery(query: URLSearchParams, owner: string): string {
  if (query.get('fieldManager') !== HELM_MANAGER) return query.toString();
  const owned = new URLSearchParams(query);
  owned.set('fieldManager', owner);
  return owned.toString();
}
