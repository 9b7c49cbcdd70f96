import { isDeepStrictEqual } from 'node:util';
import { badRequest, ApiError } from '../objects/api-error.ts';
import { isJsonObject } from '../objects/kube-object.ts';

const maxOperations = 10_000;

/**
 * Applies a JSON patch (RFC 6902) to a copy of the target. Throws 400 for a malformed patch, and 422 for one that does
 * not match the target.
 */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations');
  if (patch.length > maxOperations)
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  const root = { document: structuredClone(target) };
  for (const operation of patch) apply(root, operation);
  return root.document;
}

type Root = { document: unknown };

function apply(root: Root, operation: unknown): void {
  if (!isJsonObject(operation) || typeof operation.path !== 'string')
    throw badRequest('a JSON patch operation must have op and path');
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(root, path, structuredClone(operation.value));
    case 'remove':
      return void remove(root, path);
    case 'replace':
      find(root.document, path);
      if (path.length === 0) root.document = structuredClone(operation.value);
      else place(root, path, structuredClone(operation.value));
      return;
    case 'move':
      return add(root, path, remove(root, from(operation)));
    case 'copy':
      return add(root, path, structuredClone(find(root.document, from(operation))));
    case 'test':
      if (!isDeepStrictEqual(find(root.document, path), operation.value))
        throw mismatch(`testing value ${operation.path} failed`);
      return;
    default:
      throw badRequest('a JSON patch operation must be add, remove, replace, move, copy or test');
  }
}

function from(operation: Record<string, unknown>): string[] {
  if (typeof operation.from !== 'string')
    throw badRequest('a JSON patch operation of type move or copy must have from');
  return parsePointer(operation.from);
}

// A JSON pointer (RFC 6901).
function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer))
    throw badRequest('a JSON patch path must be a JSON pointer');
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function find(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const part of path) {
    if (Array.isArray(value)) value = value[indexIn(value, part, value.length - 1)];
    else if (isJsonObject(value) && Object.hasOwn(value, part)) value = value[part];
    else throw mismatch(`the path /${path.join('/')} does not exist`);
  }
  return value;
}

function add(root: Root, path: string[], value: unknown): void {
  if (path.length === 0) {
    root.document = value;
    return;
  }
  const parent = find(root.document, path.slice(0, -1));
  const last = path.at(-1)!;
  if (Array.isArray(parent))
    parent.splice(last === '-' ? parent.length : indexIn(parent, last, parent.length), 0, value);
  else place(root, path, value);
}

function remove(root: Root, path: string[]): unknown {
  const value = find(root.document, path);
  const parent = find(root.document, path.slice(0, -1));
  const last = path.at(-1);
  if (last === undefined) throw badRequest('a JSON patch cannot remove the whole object');
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else delete (parent as Record<string, unknown>)[last];
  return value;
}

function place(root: Root, path: string[], value: unknown): void {
  const parent = find(root.document, path.slice(0, -1));
  const last = path.at(-1)!;
  if (last === '__proto__') throw badRequest('a JSON patch path cannot contain __proto__');
  if (Array.isArray(parent)) parent[indexIn(parent, last, parent.length - 1)] = value;
  else if (isJsonObject(parent)) parent[last] = value;
  else throw mismatch(`the path /${path.join('/')} does not exist`);
}

function indexIn(list: unknown[], part: string, last: number): number {
  const index = /^(?:0|[1-9][0-9]{0,8})$/.test(part) ? Number(part) : -1;
  if (index < 0 || index > last || list.length < index) throw mismatch(`there is no element ${part} in the list`);
  return index;
}

function mismatch(why: string): ApiError {
  return new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`, {});
}
