import path from 'node:path';
import { startOwn } from '../machine/child.ts';
import type { Contender } from './contender.ts';

/** The cost of Node.js itself, with no logic in it. */
export const nodeForwarder: Contender = {
  name: 'node',
  title: 'bare Node.js forwarder',
  obstacle: () => undefined,
  async start({ directory, certificate, authority, upstream }, wire) {
    const secure = wire === 'tls';
    const request = {
      ca: authority.caPem,
      upstream: secure ? upstream.secureUrl : upstream.plainUrl,
      ...(secure ? { cert: certificate.cert, key: certificate.key } : {}),
    };
    const child = await startOwn<{ port: number }>('forwarder-main.js', request, path.join(directory, 'forwarder.log'));
    return {
      base: `${secure ? 'https' : 'http'}://127.0.0.1:${child.ready.port}`,
      headers: {},
      pids: { forwarder: child.pid },
      apart: {},
      stop: () => child.stop(),
    };
  },
};
