import type { OpenGateway } from '../../gateway/open-gateway.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import { readDocument } from './read-cluster.ts';
import { readServed, resourceName, type ServedResource } from './served-resource.ts';

type Known = { at: number; resources: readonly ServedResource[] };

const accept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',');
const keptMs = 60_000;
/** A word that is not known may name a resource that has just been installed. */
const keptForUnknownMs = 5000;

async function discover(gateway: OpenGateway, cluster: string): Promise<ServedResource[]> {
  const parts = await Promise.all(
    ['/api', '/apis'].map(async (path) => readServed(await readDocument(gateway, { cluster, path, accept }))),
  );
  const found = parts.filter((part) => part !== undefined);
  if (found.length === parts.length) return found.flat();
  throw new CliError(
    'unreachable',
    'the cluster does not list its resources as Kubernetes 1.26 and newer do',
    'Use kubectl for this cluster.',
  );
}

function findIn(resources: readonly ServedResource[], word: string): ServedResource | undefined {
  const [, name, group] = /^([^.]+)(?:\.(.+))?$/.exec(word.toLowerCase()) ?? [];
  const ofGroup = resources.filter((one) => group === undefined || one.group === group);
  return (
    ofGroup.find(({ resource }) => resource === name) ??
    ofGroup.find(({ names }) => name !== '' && names.includes(name!))
  );
}

/** Creates a finder that remembers for a minute what each cluster serves. */
export function createFindResource({ now }: { now(): number }) {
  const known = new Map<string, Known>();
  return async (gateway: OpenGateway, cluster: string, word: string): Promise<ServedResource> => {
    const before = known.get(cluster);
    const age = before === undefined ? Number.POSITIVE_INFINITY : now() - before.at;
    const remembered = age < keptMs ? findIn(before!.resources, word) : undefined;
    if (remembered !== undefined) return remembered;
    if (age >= keptForUnknownMs) known.set(cluster, { at: now(), resources: await discover(gateway, cluster) });
    const found = findIn(known.get(cluster)!.resources, word);
    if (found !== undefined) return found;
    throw usageError(
      `the cluster serves no resource "${word}"`,
      'Write the plural, such as pods or deployments.apps, with the group for a custom resource.',
    );
  };
}

/** Refuses a resource that cannot be read in the way that is asked for, or with such a namespace. */
export function requireReadable(
  served: ServedResource,
  verb: 'get' | 'list',
  namespace: string | undefined,
): ServedResource {
  const name = resourceName(served);
  if (!served.verbs.includes(verb))
    throw usageError(`the cluster offers no ${verb} for ${name}`, 'Ask for another resource.');
  if (!served.namespaced && namespace !== undefined)
    throw usageError(`${name} are not in a namespace`, 'Omit the namespace.');
  if (served.namespaced && verb === 'get' && namespace === undefined)
    throw usageError(`${name} are in a namespace, and none is given`, 'Name the namespace.');
  return served;
}
