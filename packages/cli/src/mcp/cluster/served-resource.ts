/** A resource that a cluster serves, in the version that the cluster prefers. */
export type ServedResource = {
  group: string;
  version: string;
  resource: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  /** Its other names: singular and short ones. In lower case. */
  names: readonly string[];
};

/** Returns the name of a resource as kubectl has it, such as `deployments.apps`. */
export function resourceName({ group, resource }: Pick<ServedResource, 'group' | 'resource'>): string {
  return group === '' ? resource : `${resource}.${group}`;
}

/** Returns the path of the API group and version of a resource. */
export function groupPath({ group, version }: Pick<ServedResource, 'group' | 'version'>): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** Returns the path of a list, or of one object. */
export function objectPath(
  served: ServedResource,
  { namespace, name }: { namespace: string | undefined; name?: string },
): string {
  const inNamespace = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const ofObject = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${groupPath(served)}${inNamespace}/${served.resource}${ofObject}`;
}
