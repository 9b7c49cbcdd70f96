import { badRequest } from '../objects/api-error.ts';
import { isJsonObject, type JsonObject } from '../objects/kube-object.ts';

/** Merges one element with its patch. */
type Merge = (target: JsonObject, patch: JsonObject) => JsonObject;

/** Merges a list of objects whose elements are matched by a key. */
function mergeListByKey(before: unknown[], patch: unknown[], key: string, merge: Merge): unknown[] {
  const elements = patch.map((element) => {
    if (!isJsonObject(element)) throw badRequest(`each element of a list that is merged by ${key} must be an object`);
    return element;
  });
  if (elements.some((element) => element.$patch === 'replace' && !Object.hasOwn(element, key)))
    return elements.filter((element) => element.$patch !== 'replace');
  const result = before.filter(isJsonObject);
  const places = new Map(result.map((element, index) => [element[key], index]));
  const gone = new Set<unknown>();
  for (const element of elements) applyElement({ result, places, gone }, element, key, merge);
  return result.filter((element) => !gone.has(element[key]));
}

type Progress = { result: JsonObject[]; places: Map<unknown, number>; gone: Set<unknown> };

function applyElement({ result, places, gone }: Progress, element: JsonObject, key: string, merge: Merge): void {
  const identity = element[key];
  if (identity === undefined) throw badRequest(`each element of a list that is merged by ${key} must have that key`);
  if (element.$patch === 'delete') {
    gone.add(identity);
    return;
  }
  gone.delete(identity);
  const index = places.get(identity);
  const merged = merge(index === undefined ? {} : result[index]!, element);
  if (index === undefined) {
    places.set(identity, result.length);
    result.push(merged);
  } else {
    result[index] = merged;
  }
}

/**
 * Sorts a merged list as a strategic merge patch requires. The elements in `wanted` are in that order, and each other
 * element stays before the first of them that it preceded.
 */
function orderList(
  merged: readonly unknown[],
  before: readonly unknown[],
  wanted: readonly unknown[],
  identity: (element: unknown) => unknown,
): unknown[] {
  const places = new Map(before.map((element, index) => [identity(element), index]));
  const ranks = new Map(wanted.map((element, index) => [identity(element), index]));
  const named = merged
    .filter((element) => ranks.has(identity(element)))
    .toSorted((a, b) => ranks.get(identity(a))! - ranks.get(identity(b))!);
  const others = merged.filter((element) => !ranks.has(identity(element)));
  const result: unknown[] = [];
  let next = 0;
  for (const element of named) {
    const place = places.get(identity(element));
    while (place !== undefined && next < others.length && (places.get(identity(others[next])) ?? Infinity) < place) {
      result.push(others[next]);
      next += 1;
    }
    result.push(element);
  }
  return [...result, ...others.slice(next)];
}

/** The lists of this cluster's kinds that a strategic merge patch merges by a key instead of replacing them. */
const mergeKeys: Readonly<Record<string, string>> = {
  containers: 'name',
  initContainers: 'name',
  ephemeralContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  volumeDevices: 'devicePath',
  imagePullSecrets: 'name',
  secrets: 'name',
  hostAliases: 'ip',
  topologySpreadConstraints: 'topologyKey',
  conditions: 'type',
  ownerReferences: 'uid',
  resourceClaims: 'name',
};

const mergedSets: ReadonlySet<string> = new Set(['finalizers']);

/** Returns the merge key of the list at a path, or undefined for a list that is replaced as a whole. */
function mergeKeyOf(path: readonly string[]): string | undefined {
  const field = path.at(-1) ?? '';
  if (field === 'ports') return path.some((part) => part.endsWith('ontainers')) ? 'containerPort' : 'port';
  return Object.hasOwn(mergeKeys, field) ? mergeKeys[field] : undefined;
}

/** Reports whether a list of plain values is merged as a set. */
function isMergedSet(path: readonly string[]): boolean {
  return mergedSets.has(path.at(-1) ?? '');
}

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
