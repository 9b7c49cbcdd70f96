import { randomBytes } from 'node:crypto';
import { ClusterRefusal, readDocument } from '../cluster/read-cluster.ts';
import { requireReadable } from '../cluster/find-resource.ts';
import { objectPath, resourceName, type ServedResource } from '../cluster/served-resource.ts';
import { fitRows } from '../objects/fit-rows.ts';
import { readTable } from '../objects/read-table.ts';
import { CliError, usageError } from '../../terminal/cli-error.ts';
import type { ToolArguments } from '../protocol/tool-arguments.ts';
import { chooseCluster, clusterSource, type OpenList, type Tool, type ToolCall, refuseSecrets } from './tool.ts';

const maxLists = 50;

/** Remembers a list that goes on. Returns what continues it. */
function keepList({ openLists }: ToolCall, list: OpenList): string {
  const page = `page-${randomBytes(8).toString('hex')}`;
  openLists.set(page, list);
  if (openLists.size > maxLists) openLists.delete(openLists.keys().next().value!);
  return page;
}

function takeList({ openLists }: ToolCall, page: string, cluster: string, resource: string): OpenList {
  const list = openLists.get(page);
  if (list === undefined || list.cluster !== cluster || list.resource !== resource)
    throw usageError('there is no such list to continue', 'List again, without continue.');
  return list;
}

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

/** The tool `list`. */
export const listObjects: Tool<'list'> = async (given, call) => {
  const { findResource, shown } = call;
  const cluster = chooseCluster(given.cluster, call.clusters);
  const served = requireReadable(await findResource(call.gateway, cluster, given.resource), 'list', given.namespace);
  refuseSecrets(served, shown.secrets);
  const resource = resourceName(served);
  const list = await advance(
    given.continue === undefined ? begin(served, cluster, given) : takeList(call, given.continue, cluster, resource),
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
  const page = goesOn ? keepList(call, { ...open, rows: left }) : '';
  return {
    about: `${about}: ${list.rows.length - left.length} objects`,
    data: { text, source: clusterSource(cluster) },
    ...(goesOn ? { notes: [`${more} To go on, repeat the call with continue: ${page}`] } : {}),
  };
};
