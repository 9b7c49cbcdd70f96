import type { Exchange, Step } from '../exchange/exchange.ts';

/** Returns what takes the steps of a road in their order. The first one that refuses ends it, and `refuse` answers. */
export function takeSteps(
  road: readonly Step[],
  refuse: (exchange: Exchange, error: unknown) => void,
): (exchange: Exchange) => Promise<void> {
  return async (exchange) => {
    try {
      for (const step of road) {
        if (exchange.audited === 'complete') return; // the client has closed, and the event of the end is written
        const waiting = step(exchange);
        if (waiting) await waiting;
      }
    } catch (error) {
      refuse(exchange, error);
    }
  };
}
