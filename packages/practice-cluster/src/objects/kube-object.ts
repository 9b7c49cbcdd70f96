/** The part of ObjectMeta that this cluster uses. */
export type Metadata = {
  name?: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[];
  [field: string]: unknown;
};

/** A Kubernetes object as JSON. */
export type KubeObject = { apiVersion: string; kind: string; metadata: Metadata; [field: string]: unknown };

/** A plain JSON object. */
export type JsonObject = Record<string, unknown>;

/** Reports whether a value is a JSON object, which arrays and null are not. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns the value at a dotted path (`spec.nodeName`), or undefined if any part is missing. */
export function valueAt(object: unknown, path: string): unknown {
  let value = object;
  for (const part of path.split('.')) {
    if (!isJsonObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = value[part];
  }
  return value;
}

/** Returns the array at a dotted path, or an empty one. */
export function arrayAt(object: unknown, path: string): JsonObject[] {
  const value = valueAt(object, path);
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** Returns the string at a dotted path, or an empty one. */
export function textAt(object: unknown, path: string): string {
  const value = valueAt(object, path);
  return typeof value === 'string' ? value : '';
}
