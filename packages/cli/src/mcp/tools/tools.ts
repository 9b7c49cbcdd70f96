import { fetchClusters } from '../../gateway/open-gateway.ts';
import type { ToolName } from '../protocol/tool-arguments.ts';
import { askRights } from './ask-rights.ts';
import { explainKind } from './explain-kind.ts';
import { getObject } from './get-object.ts';
import { listEvents } from './list-events.ts';
import { listObjects } from './list-objects.ts';
import { readLogs } from './read-logs.ts';
import type { Tool } from './tool.ts';

const listClusters: Tool<'clusters'> = async (_given, { gateway, clusters: only }) => {
  const found = (await fetchClusters(gateway)).map(({ name }) => name);
  const clusters = only.length === 0 ? found : found.filter((name) => only.includes(name));
  return {
    about: clusters.length === 0 ? 'You have access to no cluster.' : `Clusters: ${clusters.join(', ')}`,
    structured: { clusters },
  };
};

export const tools: { [Name in ToolName]: Tool<Name> } = {
  clusters: listClusters,
  get: getObject,
  list: listObjects,
  logs: readLogs,
  events: listEvents,
  explain: explainKind,
  can_i: askRights,
};
