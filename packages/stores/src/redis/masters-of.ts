import { Cluster, type Redis } from 'ioredis';

/** Returns the servers that take writes: all masters of a cluster, or the one server. */
export function mastersOf(client: Redis | Cluster): Redis[] {
  return client instanceof Cluster ? client.nodes('master') : [client];
}
