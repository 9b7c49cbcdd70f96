import { readDocument } from '../cluster/read-cluster.ts';
import { fitRows } from '../objects/fit-rows.ts';
import { readEvents, type SeenEvent } from '../objects/read-events.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { readableTime } from '../../terminal/times.ts';
import type { ToolArguments } from '../protocol/tool-arguments.ts';
import { chooseCluster, clusterSource, type Tool, type ToolCall } from './tool.ts';

// A cluster lists events in no order of time, so all of them are read to find the newest.
const pageSize = 500;
const maxPages = 6;

function fieldSelectorOf({ kind, name, warnings }: ToolArguments['events']): string | undefined {
  const terms = [
    kind === undefined ? '' : `involvedObject.kind=${kind}`,
    name === undefined ? '' : `involvedObject.name=${name}`,
    warnings === true ? 'type=Warning' : '',
  ].filter((term) => term !== '');
  return terms.length === 0 ? undefined : terms.join(',');
}

async function readAll(
  cluster: string,
  given: ToolArguments['events'],
  { gateway }: ToolCall,
): Promise<{ events: SeenEvent[]; complete: boolean }> {
  const inNamespace = given.namespace === undefined ? '' : `/namespaces/${encodeURIComponent(given.namespace)}`;
  const events: SeenEvent[] = [];
  let next: string | undefined;
  for (let page = 0; page < maxPages; page += 1) {
    const body = await readDocument(gateway, {
      cluster,
      path: `/api/v1${inNamespace}/events`,
      query: { limit: String(pageSize), fieldSelector: fieldSelectorOf(given), continue: next },
    });
    const read = readEvents(body);
    if (read === undefined)
      throw new CliError('unreachable', 'the cluster did not answer with events', 'Use the tool "list" for them.');
    events.push(...read.events);
    if (read.next === undefined) return { events, complete: true };
    next = read.next;
  }
  return { events, complete: false };
}

/** The tool `events`. */
export const listEvents: Tool<'events'> = async (given, call) => {
  const cluster = chooseCluster(given.cluster, call.clusters);
  const { events, complete } = await readAll(cluster, given, call);
  const newest = events.toSorted((one, other) => other.at - one.at).slice(0, given.limit);
  const place = given.namespace === undefined ? 'in all namespaces' : `in namespace ${given.namespace}`;
  const partly = complete ? [] : [`Only ${events.length} events were read. Name a namespace or an object.`];
  if (newest.length === 0) return { about: `There are no such events ${place}.`, notes: partly };
  const columns = ['Last seen', 'Namespace', 'Type', 'Reason', 'Object', 'Count', 'Message'];
  const rows = newest.map((one) => [
    one.at === 0 ? '' : readableTime(one.at),
    one.namespace,
    one.type,
    one.reason,
    one.object,
    String(one.count),
    one.message,
  ]);
  const { text, left } = fitRows(columns, rows, call.maxBytes);
  const shown = newest.length - left.length;
  const older = events.length - shown;
  return {
    about: `the ${shown} newest events ${place}, newest first`,
    data: { text, source: clusterSource(cluster) },
    notes: [
      ...(older > 0 ? [`${older} older events are not shown. Name a kind or an object to narrow it.`] : []),
      ...partly,
    ],
  };
};
