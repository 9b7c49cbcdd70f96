import path from 'node:path';
import { startOwn } from './child.ts';
import type { Load, LoadRequest } from './wrk.ts';

/** How the load comes: with how many requests or watches at a time on each connection. */
export type Client = { http2: boolean; streams: number };

/** Sends requests as `runWrk` does, with a client of Node.js. `connections` is how many requests there are at a time. */
export async function runNodeLoad(
  { directory, connections, ...request }: Omit<LoadRequest, 'program'> & { ca: string },
  client: Client,
): Promise<Load> {
  const streams = Math.min(client.streams, connections);
  const child = await startOwn<Load>(
    'load-main.js',
    { ...request, ...client, streams, connections: connections / streams },
    path.join(directory, 'load.log'),
  );
  await child.stop();
  return child.ready;
}
