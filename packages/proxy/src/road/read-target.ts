import { ProblemError } from '@sallyport/kit';
import { refuseOwnToken } from '../credential/own-token.ts';
import type { Step } from '../exchange/exchange.ts';
import { readHeaders } from '../headers/read-headers.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

const prefix = '/clusters/';

/** Splits `/clusters/<name>/rest?query` without decoding anything: a needlessly escaped prefix names no cluster. */
function splitPrefix(url: string): { name: string; rest: string } | undefined {
  if (!url.startsWith(prefix)) return undefined;
  let end = prefix.length;
  while (end < url.length && url[end] !== '/' && url[end] !== '?') end += 1;
  const rest = url.slice(end);
  return { name: url.slice(prefix.length, end), rest: rest.startsWith('/') ? rest : `/${rest}` };
}

/**
 * Finds the cluster that the address names, by host or by path prefix. An unknown one goes on: who is not logged in
 * must not learn which exist.
 */
export function createReadTarget(deps: { upstreams: Upstreams }): Step {
  return (exchange) => {
    const { request } = exchange;
    if (request.httpVersion !== '1.1') throw new ProblemError('bad-request', 'Only HTTP/1.1 is spoken here.');
    const headers = readHeaders(request.rawHeaders);
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
