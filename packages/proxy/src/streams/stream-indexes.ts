import type { AllowedExchange, OpenStream } from '../exchange/exchange.ts';

/** Returns a key that is the same for all streams of one user. */
export function ownerKey(owner: { issuer: string; subject: string } | undefined): string {
  return `${owner?.issuer}\0${owner?.subject}`;
}

/** Streams grouped by a key. A key without streams is forgotten. */
function createGroups() {
  const groups = new Map<string, Set<OpenStream>>();
  return {
    of: (key: string): ReadonlySet<OpenStream> => groups.get(key) ?? new Set(),
    add(key: string, stream: OpenStream) {
      const group = groups.get(key);
      if (group) group.add(stream);
      else groups.set(key, new Set([stream]));
    },
    remove(key: string, stream: OpenStream) {
      const group = groups.get(key);
      group?.delete(stream);
      if (group?.size === 0) groups.delete(key);
    },
  };
}

export const userOf = ({ answer }: AllowedExchange) => ownerKey(answer.identity);
/** The cluster of an exchange, or the host of its web application. A host may be named like a cluster. */
export const clusterOf = (exchange: AllowedExchange) =>
  exchange.kind === 'cluster' ? exchange.upstream.name : `https://${exchange.upstream.host}`;
const sessionOf = ({ answer }: AllowedExchange) => answer.session?.id ?? '';

/**
 * Creates the indexes of open streams: all of them by user and by session, and those that count towards the limits by
 * user and by cluster.
 */
export function createStreamIndexes() {
  const users = createGroups();
  const sessions = createGroups();
  const limitedUsers = createGroups();
  const limitedClusters = createGroups();
  const groupsOf = ({ kind, exchange }: OpenStream) => {
    const user = userOf(exchange);
    const always = [
      [users, user],
      [sessions, sessionOf(exchange)],
    ] as const;
    return kind === 'request'
      ? always
      : ([...always, [limitedUsers, user], [limitedClusters, clusterOf(exchange)]] as const);
  };
  return {
    users,
    sessions,
    limitedUsers,
    limitedClusters,
    add(stream: OpenStream) {
      for (const [groups, key] of groupsOf(stream)) groups.add(key, stream);
    },
    remove(stream: OpenStream) {
      for (const [groups, key] of groupsOf(stream)) groups.remove(key, stream);
    },
  };
}
