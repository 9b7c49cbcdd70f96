import type { IncomingMessage } from 'node:http';
import { readHost } from '../headers/read-host.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

/** Reports whether a request is addressed to the host of a cluster. Undefined if its host could be read in two ways. */
export function onClusterHost(
  request: Pick<IncomingMessage, 'rawHeaders'>,
  upstreams: Pick<Upstreams, 'byHost'>,
): boolean | undefined {
  const host = readHost(request.rawHeaders);
  return host === undefined ? undefined : upstreams.byHost(host) !== undefined;
}
