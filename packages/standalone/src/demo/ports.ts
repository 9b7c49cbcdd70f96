import { createServer } from 'node:http';
import { listenHttp } from '@sallyport/kit';

/** Throws if the gateway could not listen on this port of loopback, before anything is started for it. */
export async function refuseBusyPort(port: number): Promise<void> {
  if (port === 0) return;
  const probe = await listenHttp(createServer(), { host: '127.0.0.1', port }, '--port');
  await probe.close(0);
}
