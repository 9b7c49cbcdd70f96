import { createFindResource } from '../cluster/find-resource.ts';
import { createReadOpenApi } from '../openapi/create-read-openapi.ts';
import { createAskRights } from './ask-rights.ts';
import { createChooseCluster } from './choose-cluster.ts';
import { createExplainKind } from './explain-kind.ts';
import { createGetObject } from './get-object.ts';
import { createListClusters } from './list-clusters.ts';
import { createListEvents } from './list-events.ts';
import { createListObjects } from './list-objects.ts';
import { createOpenLists } from './open-lists.ts';
import { createReadLogs } from './read-logs.ts';
import type { Tools } from './tool-answer.ts';

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
