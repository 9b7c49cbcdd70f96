import { fieldOf } from '../../input/field-of.ts';
import type { KnownResource, ResourceCatalog } from '../../config/gateway-config.ts';
import { expectOk } from '../../gateway/expect-ok.ts';
import { askAsUser, type OpenGateway } from '../../gateway/open-gateway.ts';
import { CliError } from '../../terminal/cli-error.ts';
import type { PolicyTools } from '../../config/policy-tools.ts';
import { joinVersions, readAggregated, readResourceList, type DiscoveredResources } from './read-resources.ts';

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

async function listOf(ask: Ask, path: string, group: string): Promise<KnownResource[]> {
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
      found.resources.push(...(await listOf(ask, path, name)));
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
  const ofCore = readAggregated(core) ?? { resources: await listOf(ask, '/api/v1', ''), staleGroups: [] };
  const ofGroups = readAggregated(others) ?? (await discoverGroups(ask, others));
  const stale = new Set([...ofCore.staleGroups, ...ofGroups.staleGroups]);
  return createResourceCatalog(
    `the cluster ${cluster}`,
    joinVersions([...ofCore.resources, ...ofGroups.resources]),
    (group) => !stale.has(group),
  );
}
