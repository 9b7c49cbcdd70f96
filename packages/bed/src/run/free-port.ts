import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

// Below the range for outgoing connections (Linux: from 32768), so that the port of a stopped server is still free when
// it starts again.
const LOWEST = 18_000;
const HIGHEST = 29_999;
const given = new Set<number>();

/** Finds a free TCP port on `host`. Never returns the same port twice in a process. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (given.has(port)) continue;
    if (await canListen(port, host)) {
      given.add(port);
      return port;
    }
  }
  throw new Error(`no free port between ${LOWEST} and ${HIGHEST} on ${host}`);
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
