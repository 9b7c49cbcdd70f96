import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import process from 'node:process';

// Below the range for outgoing connections (Linux: from 32768), so that the port of a stopped server is still free when
// it starts again.
const LOWEST = 18_000;
const HIGHEST = 29_999;
/** More than run at a time. */
const WORKERS = 8;
const given = new Set<number>();

/** Finds a free TCP port on `host`. Never returns the same port twice in a process, nor in two workers of jest. */
export async function freePort(host = '127.0.0.1'): Promise<number> {
  // A port is free until its server starts, so another worker might choose the same. Each has every eighth port. jest
  // numbers the worker of a lane like another one.
  const worker = process.env['SALLYPORT_TEST_LANE'] ?? process.env['JEST_WORKER_ID'];
  const remainder = worker === undefined ? undefined : Number(worker) % WORKERS;
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const any = randomInt(LOWEST, HIGHEST + 1);
    const port = remainder === undefined ? any : any - (any % WORKERS) + remainder;
    if (!given.has(port) && (await canListen(port, host))) {
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
