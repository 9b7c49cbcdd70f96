import { clustersSchema, readAnswer, type Cluster } from './answers.ts';
import { callAsUser, type OpenGateway } from './open-gateway.ts';

/** Fetches the clusters that the user who is logged in can see. */
export async function fetchClusters(gateway: OpenGateway): Promise<Cluster[]> {
  const body = await callAsUser(gateway, { method: 'GET', path: '/.sallyport/api/v1/clusters' });
  return readAnswer(clustersSchema, body, 'the clusters').clusters;
}
