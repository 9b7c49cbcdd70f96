import { badRequest } from '../http/api-error.ts';
import { isJsonObject } from '../objects/kube-object.ts';
import type { JsonObject } from '../objects/kube-object.ts';

/** Merges one element with its patch. */
export type Merge = (target: JsonObject, patch: JsonObject) => JsonObject;

/** Merges a list of objects whose elements are matched by a key. */
export function mergeListByKey(before: unknown[], patch: unknown[], key: string, merge: Merge): unknown[] {
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
