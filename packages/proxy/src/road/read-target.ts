import { ProblemError } from '@sallyport/kit';
import { refuseOwnToken } from '../credential/own-token.ts';
import type { ClusterExchange, Step } from '../exchange/exchange.ts';
import { readHeaders } from '../headers/read-headers.ts';
import type { Upstreams } from '../upstream/upstream.ts';

const prefix = '/clusters/';
/** The gateway's own API refuses every header that asks for an identity. */
const atClusters = { mayActAs: true };

/** Splits `/clusters/<name>/rest?query` without decoding. A prefix with needless escapes names no cluster. */
function splitPrefix(url: string): { name: string; rest: string } | undefined {
  if (!url.startsWith(prefix)) return undefined;
  let end = prefix.length;
  while (end < url.length && url[end] !== '/' && url[end] !== '?') end += 1;
  const rest = url.slice(end);
  return { name: url.slice(prefix.length, end), rest: rest.startsWith('/') ? rest : `/${rest}` };
}

/**
 * Creates the step that finds the cluster by host or by path prefix. An unknown one is not refused yet, because a caller
 * who is not logged in must not learn which clusters exist.
 */
export function createReadTarget(deps: { upstreams: Upstreams }): Step<ClusterExchange> {
  return (exchange) => {
    const { request } = exchange;
    if (request.httpVersion !== '1.1' && !request.isStream)
      throw new ProblemError('bad-request', 'The gateway supports HTTP/1.1 and HTTP/2 only.');
    const headers = readHeaders(request.rawHeaders, atClusters);
    exchange.headers = headers;
    const url = request.url ?? '';
    if (!url.startsWith('/')) throw new ProblemError('bad-request', 'The request target must be a path.');
    refuseOwnToken(url);
    const byHost = deps.upstreams.byHost(headers.host);
    if (byHost) {
      exchange.upstream = byHost;
      exchange.clusterName = byHost.name;
      exchange.rawTarget = url;
      return;
    }
    const split = splitPrefix(url);
    exchange.clusterName = split?.name ?? '';
    exchange.rawTarget = split?.rest ?? url;
    exchange.upstream = split ? deps.upstreams.byName(split.name) : undefined;
  };
}
