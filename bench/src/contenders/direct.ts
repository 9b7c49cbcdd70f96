import type { Contender } from './contender.ts';

/** Nothing in between. */
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
