import { clustersSchema, readAnswer } from '../../gateway/answers.ts';
import { callAsUser } from '../../gateway/open-gateway.ts';
import type { Tool } from './tool-answer.ts';

/** Creates the tool `clusters`. `only` has the clusters to which the server is limited. */
export function createListClusters(only: readonly string[]): Tool<'clusters'> {
  return async (_given, { gateway }) => {
    const body = await callAsUser(gateway, { method: 'GET', path: '/.sallyport/api/v1/clusters' });
    const found = readAnswer(clustersSchema, body, 'the clusters').clusters.map(({ name }) => name);
    const clusters = only.length === 0 ? found : found.filter((name) => only.includes(name));
    return {
      about: clusters.length === 0 ? 'You have access to no cluster.' : `Clusters: ${clusters.join(', ')}`,
      structured: { clusters },
    };
  };
}
