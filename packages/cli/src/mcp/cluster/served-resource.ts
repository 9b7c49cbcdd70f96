import * as z from 'zod/mini';

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

const texts = z._default(z.array(z.string()), []);
const text = z._default(z.string(), '');

// Aggregated discovery (KEP-3352), the parts that are used here.
const discoverySchema = z.object({
  kind: z.literal('APIGroupDiscoveryList'),
  items: z._default(
    z.array(
      z.object({
        metadata: z.optional(z.object({ name: text })),
        versions: z._default(
          z.array(
            z.object({
              version: text,
              resources: z._default(
                z.array(
                  z.object({
                    resource: text,
                    responseKind: z.optional(z.nullable(z.object({ kind: text }))),
                    scope: text,
                    singularResource: text,
                    shortNames: texts,
                    verbs: texts,
                  }),
                ),
                [],
              ),
            }),
          ),
          [],
        ),
      }),
    ),
    [],
  ),
});

// They become parts of paths and of what is said in front of an answer, so nothing else may be in them.
const safe = {
  group: /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)?$/,
  version: /^[a-z0-9]{1,63}$/,
  resource: /^[a-z0-9-]{1,253}$/,
};
const isSafe = ({ group, version, resource, kind }: ServedResource) =>
  safe.group.test(group) &&
  safe.version.test(version) &&
  safe.resource.test(resource) &&
  /^[A-Za-z0-9]{1,253}$/.test(kind);

/**
 * Reads a part of aggregated discovery: each resource in the first version that has it, which is the one that the cluster
 * prefers. Returns undefined if it is not aggregated discovery.
 */
export function readServed(body: unknown): ServedResource[] | undefined {
  const read = discoverySchema.safeParse(body);
  if (!read.success) return undefined;
  const found = new Map<string, ServedResource>();
  for (const { metadata, versions } of read.data.items)
    for (const { version, resources } of versions)
      for (const one of resources) {
        const group = metadata?.name ?? '';
        const key = `${group}/${one.resource}`;
        const kind = one.responseKind?.kind ?? '';
        const served: ServedResource = {
          group,
          version,
          resource: one.resource,
          kind,
          namespaced: one.scope !== 'Cluster',
          verbs: one.verbs,
          names: [one.singularResource, kind, ...one.shortNames].map((name) => name.toLowerCase()),
        };
        if (!found.has(key) && isSafe(served)) found.set(key, served);
      }
  return [...found.values()];
}
