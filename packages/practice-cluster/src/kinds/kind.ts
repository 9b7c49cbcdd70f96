import type { KubeObject } from '../objects/kube-object.ts';

/** A column of `kubectl get`. Columns with priority 1 only appear with `-o wide`. */
export type Column = {
  name: string;
  type: 'string' | 'integer' | 'date';
  priority?: 0 | 1;
  description?: string;
  cell: (object: KubeObject, now: number) => string | number;
};

/** A part of an object with its own path. */
export type Subresource = { name: string; verbs: readonly string[]; kind: string; group?: string; version?: string };

/** A kind of object that this cluster supports. */
export type Kind = {
  group: string;
  version: string;
  kind: string;
  resource: string;
  singular: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  verbs: readonly string[];
  subresources: readonly Subresource[];
  columns: readonly Column[];
  /** The name may be any path segment (RBAC), not only a DNS subdomain. */
  freeName?: boolean;
  /** The status can only be changed through the status subresource. */
  hasStatus?: boolean;
  /** `metadata.generation` counts the changes to the spec. */
  hasGeneration?: boolean;
  /** Fills in what a real cluster would. Throws ApiError for an invalid object. */
  prepare?: (object: KubeObject, previous: KubeObject | undefined, now: string) => KubeObject;
};

/** Returns `apps/v1`, or `v1` for the core group. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}
