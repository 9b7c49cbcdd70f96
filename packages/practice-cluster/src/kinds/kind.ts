import type { KubeObject } from '../kube-object.ts';

/** One column of `kubectl get`; priority 1 shows with `-o wide` only. */
export type Column = {
  name: string;
  type: 'string' | 'integer' | 'date';
  priority?: 0 | 1;
  description?: string;
  cell: (object: KubeObject, now: number) => string | number;
};

/** A part of an object with a path of its own. */
export type Subresource = { name: string; verbs: readonly string[]; kind: string; group?: string; version?: string };

/** A kind of object that this cluster knows. */
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
  /** Name may hold anything a path segment may (RBAC), not only a DNS subdomain. */
  freeName?: boolean;
  /** Status is changed through the status subresource only. */
  hasStatus?: boolean;
  /** `metadata.generation` counts changes of spec. */
  hasGeneration?: boolean;
  /** Fills in what a real cluster would; may throw ApiError for what breaks a rule of the kind. */
  prepare?: (object: KubeObject, previous: KubeObject | undefined, now: string) => KubeObject;
};

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}
