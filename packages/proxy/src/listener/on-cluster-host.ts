import type { IncomingMessage } from 'node:http';
import { readHost } from '../headers/read-host.ts';
import type { Upstreams } from '../upstream/upstreams.ts';

/** True if the request is addressed to the host of a cluster; undefined if its host could be read in two ways. */
export function onClusterHost(
  request: Pick<IncomingMessage, 'rawHeaders'>,
  upstreams: Pick<Upstreams, 'byHost'>,
): boolean | undefined {
  const host = readHost(request.rawHeaders);
  return host === undefined ? undefined : upstreams.byHost(host) !== undefined;
}
