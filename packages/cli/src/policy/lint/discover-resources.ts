import { fieldOf, textOf, textsOf, listOf } from '../../input/untrusted.ts';
import type { KnownResource, ResourceCatalog } from '../../config/gateway-config.ts';
import { expectOk } from '../../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../../gateway/open-gateway.ts';
import { CliError } from '../../terminal/cli-error.ts';
import type { PolicyTools } from '../../config/load-gateway-config.ts';

/** The resources that a part of discovery lists, and the groups that it could not list. */
type DiscoveredResources = { resources: KnownResource[]; staleGroups: string[] };

/** Reads aggregated discovery (APIGroupDiscoveryList, KEP-3352). Returns undefined for anything else. */
function readAggregated(body: unknown): DiscoveredResources | undefined {
  if (fieldOf(body, 'kind') !== 'APIGroupDiscoveryList' || !Array.isArray(fieldOf(body, 'items'))) return undefined;
  const staleGroups: string[] = [];
  const resources = listOf(fieldOf(body, 'items')).flatMap((item) => {
    const group = textOf(fieldOf(fieldOf(item, 'metadata'), 'name'));
    return listOf(fieldOf(item, 'versions')).flatMap((version) => {
      if (fieldOf(version, 'freshness') === 'Stale') staleGroups.push(group);
      return listOf(fieldOf(version, 'resources')).map((one): KnownResource => ({
        group,
        resource: textOf(fieldOf(one, 'resource')),
        kind: textOf(fieldOf(fieldOf(one, 'responseKind'), 'kind')),
        singular: textOf(fieldOf(one, 'singularResource')).toLowerCase(),
        shortNames: textsOf(fieldOf(one, 'shortNames')),
        namespaced: fieldOf(one, 'scope') !== 'Cluster',
        verbs: textsOf(fieldOf(one, 'verbs')),
        subresources: new Map(
          listOf(fieldOf(one, 'subresources')).map((sub) => [
            textOf(fieldOf(sub, 'subresource')),
            textsOf(fieldOf(sub, 'verbs')),
          ]),
        ),
      }));
    });
  });
  return { resources, staleGroups };
}

/** Reads the resources of one group and version (APIResourceList). Returns undefined for anything else. */
function readResourceList(body: unknown, group: string): KnownResource[] | undefined {
  if (fieldOf(body, 'kind') !== 'APIResourceList' || !Array.isArray(fieldOf(body, 'resources'))) return undefined;
  const all = listOf(fieldOf(body, 'resources')).map((one) => ({ one, name: textOf(fieldOf(one, 'name')) }));
  return all
    .filter(({ name }) => !name.includes('/'))
    .map(({ one, name: resource }) => ({
      group,
      resource,
      kind: textOf(fieldOf(one, 'kind')),
      singular: textOf(fieldOf(one, 'singularName')).toLowerCase(),
      shortNames: textsOf(fieldOf(one, 'shortNames')),
      namespaced: fieldOf(one, 'namespaced') !== false,
      verbs: textsOf(fieldOf(one, 'verbs')),
      subresources: new Map(
        all
          .filter(({ name }) => name.startsWith(`${resource}/`))
          .map((sub) => [sub.name.slice(resource.length + 1), textsOf(fieldOf(sub.one, 'verbs'))]),
      ),
    }));
}

/** Joins what several versions of a group say about one resource: it has the verbs and subresources of all. */
function joinVersions(resources: readonly KnownResource[]): KnownResource[] {
  const joined = new Map<string, KnownResource>();
  for (const one of resources) {
    const key = `${one.group}/${one.resource}`;
    const known = joined.get(key);
    const subresources = new Map(known?.subresources);
    for (const [name, verbs] of one.subresources)
      subresources.set(name, [...new Set([...(subresources.get(name) ?? []), ...verbs])]);
    joined.set(key, {
      ...one,
      shortNames: [...new Set([...(known?.shortNames ?? []), ...one.shortNames])],
      verbs: [...new Set([...(known?.verbs ?? []), ...one.verbs])],
      subresources,
    });
  }
  return [...joined.values()];
}

type Ask = (path: string) => Promise<unknown>;

// The version without aggregation is for clusters before 1.26.
const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json';
/** Far more than any cluster has. */
const maxVersions = 500;

function notDiscovery(path: string): CliError {
  return new CliError(
    'refused',
    `the cluster did not answer ${path} with its resources`,
    'Check that you may use the cluster: kubectl api-resources',
  );
}

async function resourcesOf(ask: Ask, path: string, group: string): Promise<KnownResource[]> {
  const found = readResourceList(await ask(path), group);
  if (!found) throw notDiscovery(path);
  return found;
}

/** Discovers `/apis` version by version. A group that does not answer counts as stale. */
async function discoverGroups(ask: Ask, body: unknown): Promise<DiscoveredResources> {
  const groups = fieldOf(body, 'groups');
  if (fieldOf(body, 'kind') !== 'APIGroupList' || !Array.isArray(groups)) throw notDiscovery('/apis');
  const versions = groups.flatMap((group: unknown) => {
    const [name, all] = [fieldOf(group, 'name'), fieldOf(group, 'versions')];
    if (typeof name !== 'string' || !Array.isArray(all)) return [];
    return all.map((one: unknown) => ({ name, path: `/apis/${String(fieldOf(one, 'groupVersion'))}` }));
  });
  const found: DiscoveredResources = { resources: [], staleGroups: [] };
  for (const { name, path } of versions.slice(0, maxVersions)) {
    try {
      found.resources.push(...(await resourcesOf(ask, path, name)));
    } catch {
      found.staleGroups.push(name);
    }
  }
  return found;
}

/**
 * Asks a cluster through the gateway, as the user who is logged in, which resources it serves. Throws a CliError if the
 * user is not logged in, or if the gateway or the cluster refuses.
 */
export async function discoverResources(
  gateway: OpenGateway,
  cluster: string,
  { createResourceCatalog }: Pick<PolicyTools, 'createResourceCatalog'>,
): Promise<ResourceCatalog> {
  const ask: Ask = async (path) => {
    const answer = await askAsUser(gateway, {
      method: 'GET',
      path: `/clusters/${encodeURIComponent(cluster)}${path}`,
      accept,
    });
    const message = fieldOf(answer.body, 'message');
    if ((answer.status === 403 || answer.status === 404) && typeof message === 'string')
      throw new CliError(
        'refused',
        `the cluster ${cluster} could not be asked for its resources: ${message.slice(0, 500)}`,
        'To list your clusters, run: sallyport clusters',
      );
    return expectOk(answer, gateway.address.origin);
  };
  const [core, others] = [await ask('/api'), await ask('/apis')];
  const ofCore = readAggregated(core) ?? { resources: await resourcesOf(ask, '/api/v1', ''), staleGroups: [] };
  const ofGroups = readAggregated(others) ?? (await discoverGroups(ask, others));
  const stale = new Set([...ofCore.staleGroups, ...ofGroups.staleGroups]);
  return createResourceCatalog(
    `the cluster ${cluster}`,
    joinVersions([...ofCore.resources, ...ofGroups.resources]),
    (group) => !stale.has(group),
  );
}
