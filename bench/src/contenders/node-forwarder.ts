import path from 'node:path';
import { startOwn } from '../machine/child.ts';
import type { Contender, Running, Setup, Wire } from './contender.ts';

/** Starts a forwarder that is one of our programs. */
export async function startForwarder(program: string, setup: Setup, wire: Wire): Promise<Running> {
  const { directory, certificate, authority, upstream } = setup;
  const secure = wire === 'tls';
  const request = {
    ca: authority.caPem,
    upstream: secure ? upstream.secureUrl : upstream.plainUrl,
    ...(secure ? { cert: certificate.cert, key: certificate.key } : {}),
  };
  const child = await startOwn<{ port: number }>(program, request, path.join(directory, 'forwarder.log'));
  return {
    base: `${secure ? 'https' : 'http'}://127.0.0.1:${child.ready.port}`,
    headers: {},
    pids: { forwarder: child.pid },
    apart: {},
    stop: () => child.stop(),
  };
}

/** The cost of Node.js itself, with no logic in it. */
export const nodeForwarder: Contender = {
  name: 'node',
  title: 'bare Node.js forwarder',
  obstacle: () => undefined,
  start: (setup, wire) => startForwarder('forwarder-main.js', setup, wire),
};
