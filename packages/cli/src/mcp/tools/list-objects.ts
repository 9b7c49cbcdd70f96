import { ClusterRefusal } from '../cluster/cluster-refusal.ts';
import { requireReadable, type FindResource } from '../cluster/find-resource.ts';
import { readDocument } from '../cluster/read-cluster.ts';
import { objectPath, resourceName, type ServedResource } from '../cluster/served-resource.ts';
import { fitRows } from '../objects/fit-rows.ts';
import { readTable } from '../objects/read-table.ts';
import { CliError } from '../../terminal/cli-error.ts';
import type { ToolArguments } from '../protocol/tool-arguments.ts';
import type { ChooseCluster } from './choose-cluster.ts';
import type { OpenList, OpenLists } from './open-lists.ts';
import { refuseSecrets } from './refuse-secrets.ts';
import { clusterSource, type Tool, type ToolCall } from './tool-answer.ts';

type Deps = {
  chooseCluster: ChooseCluster;
  findResource: FindResource;
  shown: { secrets: boolean };
  openLists: OpenLists;
};

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

/** Returns a list of which nothing has been read yet. */
function begin(served: ServedResource, cluster: string, given: ToolArguments['list']): OpenList {
  const { namespace, labelSelector, fieldSelector, wide = false, limit } = given;
  const namespaces = served.namespaced && namespace === undefined;
  return {
    cluster,
    resource: resourceName(served),
    columns: [],
    rows: [],
    wide,
    namespaces,
    next: {
      path: objectPath(served, { namespace }),
      query: {
        limit: String(limit),
        labelSelector,
        fieldSelector,
        // The namespace of a row is in its object.
        includeObject: namespaces ? 'Metadata' : 'None',
      },
      token: '',
    },
  };
}

/** Reads the next page of a list, unless rows of the last page are left. */
async function advance(list: OpenList, { gateway }: ToolCall): Promise<OpenList & { remaining?: number }> {
  if (list.rows.length > 0 || list.next === undefined) return list;
  const { next, ...rest } = list;
  const { path, query, token } = next;
  const body = await readDocument(gateway, {
    cluster: list.cluster,
    path,
    query: { ...query, continue: token === '' ? undefined : token },
    accept,
  }).catch((error: unknown) => {
    if (error instanceof ClusterRefusal && error.status === 410 && token !== '')
      throw new CliError('refused', 'the cluster has forgotten where this list was', 'List again, without continue.');
    throw error;
  });
  const page = readTable(body, list);
  if (page === undefined)
    throw new CliError('unreachable', 'the cluster did not answer with a list', 'Ask for another resource.');
  return {
    ...rest,
    columns: page.columns,
    rows: page.rows,
    ...(page.next === undefined ? {} : { next: { ...next, token: page.next } }),
    ...(page.remaining === undefined ? {} : { remaining: page.remaining }),
  };
}

/** Creates the tool `list`. */
export function createListObjects({ chooseCluster, findResource, shown, openLists }: Deps): Tool<'list'> {
  return async (given, call) => {
    const cluster = chooseCluster(given.cluster);
    const served = requireReadable(await findResource(call.gateway, cluster, given.resource), 'list', given.namespace);
    refuseSecrets(served, shown.secrets);
    const resource = resourceName(served);
    const list = await advance(
      given.continue === undefined ? begin(served, cluster, given) : openLists.take(given.continue, cluster, resource),
      call,
    );
    const { text, left } = fitRows(list.columns, list.rows, call.maxBytes);
    const goesOn = left.length > 0 || list.next !== undefined;
    const place = given.namespace === undefined ? '' : ` in namespace ${given.namespace}`;
    const about = `${resource}${place}`;
    if (list.rows.length === 0 && !goesOn) return { about: `There are no ${about}.` };
    const { remaining, ...open } = list;
    const count = list.next === undefined ? 0 : remaining;
    const more = count === undefined ? 'There are more.' : `There are ${left.length + count} more.`;
    const page = goesOn ? openLists.keep({ ...open, rows: left }) : '';
    return {
      about: `${about}: ${list.rows.length - left.length} objects`,
      data: { text, source: clusterSource(cluster) },
      ...(goesOn ? { notes: [`${more} To go on, repeat the call with continue: ${page}`] } : {}),
    };
  };
}
