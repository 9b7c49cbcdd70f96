import { ClusterRefusal, readDocument } from '../cluster/read-cluster.ts';
import { requireReadable, type FindResource } from '../cluster/find-resource.ts';
import { objectPath, resourceName, type ServedResource } from '../cluster/served-resource.ts';
import { fitRows } from '../objects/fit-rows.ts';
import { readTable } from '../objects/read-table.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import type { ToolArguments } from '../protocol/tool-arguments.ts';
import { type ChooseCluster, clusterSource, type Tool, type ToolCall, refuseSecrets } from './tool.ts';
import { randomBytes } from 'node:crypto';

/** A list that goes on: the rows that were read and not shown yet, and how to read more. */
type OpenList = {
  cluster: string;
  resource: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  next?: { path: string; query: Record<string, string | undefined>; token: string };
  wide: boolean;
  namespaces: boolean;
};

/** The lists that go on, by the name that continues them. */
type OpenLists = {
  keep(list: OpenList): string;
  take(page: string, cluster: string, resource: string): OpenList;
};

const maxLists = 50;

/**
 * Creates the memory of lists that go on. The token with which a cluster continues a list stays here: it is long, and a
 * hostile cluster could write instructions into it.
 */
export function createOpenLists(): OpenLists {
  const lists = new Map<string, OpenList>();
  return {
    keep(list) {
      const page = `page-${randomBytes(8).toString('hex')}`;
      lists.set(page, list);
      if (lists.size > maxLists) lists.delete(lists.keys().next().value!);
      return page;
    },
    take(page, cluster, resource) {
      const list = lists.get(page);
      if (list === undefined || list.cluster !== cluster || list.resource !== resource)
        throw usageError('there is no such list to continue', 'List again, without continue.');
      return list;
    },
  };
}

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
