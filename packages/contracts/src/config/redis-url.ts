/** The settings that a URL of Sentinels or of a cluster contains. */
type RedisPlace = { redis: string; nodes: string[]; mode: 'cluster' | 'sentinel'; sentinel?: string };

/** The form that Lettuce and other clients have for Sentinels, and the same for a cluster. */
const form =
  /^(?<scheme>rediss?)-(?<mode>sentinel|cluster):\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<database>\d*))?(?:\?(?<query>[^#]*))?(?:#(?<fragment>.*))?$/;
const hostForm = /^(?:[^\s:[\]]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?$/;
const defaultPorts = { sentinel: 26_379, cluster: 6379 };

/** Reports whether a URL is one of Sentinels or of a cluster, by its scheme. */
export const namesManyRedis = (url: string): boolean => /^rediss?-(?:sentinel|cluster):/.test(url);

/** Returns the name of the master, which is the fragment or the only parameter. Null if it is written otherwise. */
function masterIn(query: string | undefined, fragment: string | undefined): string | undefined | null {
  if (query === undefined || query === '') return fragment === '' ? null : decoded(fragment);
  const [, named] = /^sentinelMasterId=([^&]+)$/.exec(query) ?? [];
  return named === undefined || fragment !== undefined ? null : decoded(named);
}

function decoded(text: string | undefined): string | undefined | null {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/**
 * Reads a URL that names several servers: `redis-sentinel://user:password@host:port,host:port/0#master` or, with
 * `redis-cluster://`, the nodes of a cluster. Returns what is wrong with it as a text, which repeats nothing of the URL,
 * because it may contain a password.
 */
export function readRedisUrl(url: string): RedisPlace | string {
  const { scheme, mode, user, hosts, database, query, fragment } = (form.exec(url)?.groups ?? {}) as Partial<
    Record<string, string>
  >;
  if (scheme === undefined || hosts === undefined || (mode !== 'sentinel' && mode !== 'cluster'))
    return 'is not the URL of several Redis servers; write it like redis-sentinel://user:password@one:26379,two:26379/0#mymaster or redis-cluster://one:6379,two:6379, with special characters of a password as in a URL (%40 for @)';
  const all = hosts.split(',');
  if (!all.every((host) => hostForm.test(host)))
    return 'has a server that is not a host with a port; separate them by commas, like one:26379,two:26379';
  const master = masterIn(query, fragment);
  if (mode === 'cluster' && (query !== undefined || fragment !== undefined))
    return 'has a parameter or a fragment, but the URL of a cluster has none';
  if (mode === 'cluster' && Number(database ?? 0) !== 0)
    return 'names a database, but a Redis cluster has only database 0';
  if (master === null)
    return 'has parameters of which only the name of the master is known; write it like #mymaster or ?sentinelMasterId=mymaster';
  const [first, ...nodes] = all.map((host) => (/:\d+$/.test(host) ? host : `${host}:${defaultPorts[mode]}`));
  // In this form, a text without a colon is a password and not a user.
  const credentials = user === undefined || user === '' ? '' : `${user.includes(':') ? user : `:${user}`}@`;
  return {
    redis: `${scheme}://${credentials}${first}/${database ?? ''}`,
    nodes,
    mode,
    ...(master === undefined ? {} : { sentinel: master }),
  };
}
