import { createFindResource } from '../cluster/find-resource.ts';
import { createReadOpenApi } from '../cluster/read-openapi.ts';
import { createAskRights } from './ask-rights.ts';
import { createChooseCluster, type Tools, type Tool } from './tool.ts';
import { createExplainKind } from './explain-kind.ts';
import { createGetObject } from './get-object.ts';
import { createListEvents } from './list-events.ts';
import { createListObjects, createOpenLists } from './list-objects.ts';
import { createReadLogs } from './read-logs.ts';
import { fetchClusters } from '../../gateway/open-gateway.ts';

/** Creates the tool `clusters`. `only` has the clusters to which the server is limited. */
function createListClusters(only: readonly string[]): Tool<'clusters'> {
  return async (_given, { gateway }) => {
    const found = (await fetchClusters(gateway)).map(({ name }) => name);
    const clusters = only.length === 0 ? found : found.filter((name) => only.includes(name));
    return {
      about: clusters.length === 0 ? 'You have access to no cluster.' : `Clusters: ${clusters.join(', ')}`,
      structured: { clusters },
    };
  };
}

type Deps = {
  /** The clusters to which the server is limited. All if there are none. */
  clusters: readonly string[];
  shown: { environment: boolean; secrets: boolean };
  now(): number;
};

/** Creates the tools of a server. They share what they remember of the clusters. */
export function createTools({ clusters, shown, now }: Deps): Tools {
  const chooseCluster = createChooseCluster(clusters);
  const findResource = createFindResource({ now });
  return {
    clusters: createListClusters(clusters),
    get: createGetObject({ chooseCluster, findResource, shown }),
    list: createListObjects({ chooseCluster, findResource, shown, openLists: createOpenLists() }),
    logs: createReadLogs({ chooseCluster }),
    events: createListEvents({ chooseCluster }),
    explain: createExplainKind({ chooseCluster, findResource, readOpenApi: createReadOpenApi({ now }) }),
    can_i: createAskRights({ chooseCluster }),
  };
}
