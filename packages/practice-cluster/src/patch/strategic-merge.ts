import { badRequest } from '../http/api-error.ts';
import { isJsonObject } from '../objects/kube-object.ts';
import type { JsonObject } from '../objects/kube-object.ts';
import { isMergedSet, mergeKeyOf } from './merge-keys.ts';
import { mergeListByKey } from './merge-list-by-key.ts';
import { orderList } from './order-list.ts';

const deleteFromPrimitiveList = '$deleteFromPrimitiveList/';
const setElementOrder = '$setElementOrder/';

/**
 * Applies a strategic merge patch: a merge patch whose lists are merged by a fixed table of merge keys, with the `$`
 * directives of Kubernetes.
 */
export function strategicMerge(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) throw badRequest('a strategic merge patch must be an object');
  return mergeObject(isJsonObject(target) ? target : {}, patch, []);
}

function mergeObject(target: JsonObject, patch: JsonObject, path: readonly string[]): JsonObject {
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  if (directive === 'replace') return mergeObject({}, changes, path);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') throw badRequest('$patch must be merge, replace or delete');
  const result = { ...target };
  if (Array.isArray(retained)) {
    for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key];
  }
  for (const [key, value] of Object.entries(changes)) {
    if (!key.startsWith(setElementOrder)) mergeField(result, key, value, path);
  }
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith(setElementOrder)) order(result, target, key.slice(setElementOrder.length), value, path);
    else if (!Object.hasOwn(changes, setElementOrder + key)) order(result, target, key, value, path);
  }
  return result;
}

function mergeField(result: JsonObject, key: string, value: unknown, path: readonly string[]): void {
  if (key.startsWith(deleteFromPrimitiveList)) {
    const field = key.slice(deleteFromPrimitiveList.length);
    const gone = Array.isArray(value) ? value : [];
    if (Array.isArray(result[field])) result[field] = (result[field] as unknown[]).filter((one) => !gone.includes(one));
    return;
  }
  if (value === null) {
    delete result[key];
    return;
  }
  result[key] = mergeValue(result[key], value, [...path, key]);
}

function mergeValue(before: unknown, value: unknown, path: readonly string[]): unknown {
  if (isJsonObject(value)) return mergeObject(isJsonObject(before) ? before : {}, value, path);
  if (!Array.isArray(value)) return value;
  const list = Array.isArray(before) ? before : [];
  if (isMergedSet(path)) return [...new Set([...list, ...value])];
  const key = mergeKeyOf(path);
  return key === undefined
    ? value
    : mergeListByKey(list, value, key, (target, patch) => mergeObject(target, patch, path));
}

// A merged list has the order that the patch specifies, or otherwise the order of the patch.
function order(result: JsonObject, target: JsonObject, field: string, wanted: unknown, path: readonly string[]): void {
  const list = result[field];
  const fieldPath = [...path, field];
  const key = mergeKeyOf(fieldPath);
  if (!Array.isArray(list) || !Array.isArray(wanted) || (key === undefined && !isMergedSet(fieldPath))) return;
  const before = target[field];
  result[field] = orderList(list, Array.isArray(before) ? before : [], wanted, (element) =>
    key !== undefined && isJsonObject(element) ? element[key] : element,
  );
}
