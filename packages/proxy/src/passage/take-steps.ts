import { isAllowed, isRead, type Allowed, type Exchange, type Read, type Step } from '../exchange/exchange.ts';

/** The steps of a road, in their order. Those of a stage need what the stage before has added. */
export type RoadSteps<E extends Exchange> = {
  /** What is asked, and of whom. */
  read: Record<string, Step<E>>;
  /** Who asks, and whether they may. */
  decide: Record<string, Step<Read<E>>>;
  /** What must happen before anything goes upstream, and the way there. */
  send: Record<string, Step<Allowed<E>>>;
};

function requireRead(exchange: Exchange): void {
  if (!isRead(exchange)) throw new Error('a request that was not read goes no further');
}

function requireAllowed(exchange: Exchange): void {
  if (!isAllowed(exchange)) throw new Error('a request that was not allowed goes no further');
}

/** Takes the steps of a road. The first one that refuses ends it, and `refuse` answers. */
export function takeSteps<E extends Exchange>(
  { read, decide, send }: RoadSteps<E>,
  refuse: (exchange: E, error: unknown) => void,
): (exchange: E) => Promise<void> {
  const road = [
    ...Object.values(read),
    requireRead,
    ...Object.values(decide),
    requireAllowed,
    ...Object.values(send),
  ] as readonly Step<E>[];
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
