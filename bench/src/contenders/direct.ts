import type { Contender } from './contender.ts';

/** No proxy at all. */
export const direct: Contender = {
  name: 'direct',
  title: 'straight to the upstream',
  obstacle: () => undefined,
  start: async ({ upstream }, wire) => ({
    base: wire === 'tls' ? upstream.secureUrl : upstream.plainUrl,
    headers: {},
    pids: {},
    apart: {},
    stop: async () => {},
  }),
};
