import type { Socket } from 'node:net';
import { openTunnel as open } from '@sallyport/kit/forward-proxy';
import { asCliError, type Proxy } from './find-proxy.ts';

/** Opens a connection to `target` (host and port) through a proxy. Throws a CliError that names the proxy. */
export const openTunnel = (proxy: Proxy, target: string, signal: AbortSignal): Promise<Socket> =>
  open(proxy, target, signal).catch((error: unknown) => {
    throw asCliError(error);
  });
