import { createServer } from 'node:http';
import { freePort } from '@sallyport/bed';
import { listenHttp } from '@sallyport/kit';

/** Throws if the gateway could not listen on this port of loopback, before anything is started for it. */
export async function refuseBusyPort(port: number): Promise<void> {
  if (port === 0) return;
  const probe = await listenHttp(createServer(), { host: '127.0.0.1', port }, '--port');
  await probe.close(0);
}

/**
 * Chooses the port of the pages and of the web application: the one before that of the gateway, so that their addresses
 * are the same at each start. Any free one if it is taken or needs a privilege, or if the gateway may have any.
 */
export async function choosePagesPort(gatewayPort: number): Promise<number> {
  const port = gatewayPort - 1;
  if (port < 1) return freePort();
  return refuseBusyPort(port).then(
    () => port,
    () => freePort(),
  );
}
