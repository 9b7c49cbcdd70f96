import type { Config } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import type { Exchange } from '../exchange/exchange.ts';

/** The requests of one person that are under way on this gateway. */
export type PersonInFlight = { readonly key: string; count: number };

/** The plain requests under way: how many each person has, and which of them have been under way for long. */
export type InFlight = {
  /** Counts a request before anything goes upstream; throws `too-many-requests` beyond the limit of its person. */
  admit(exchange: Exchange): void;
  closed(exchange: Exchange): void;
  /** Hands over what has been under way for long, each once. */
  takeLong(): Exchange[];
  /** Hands over all requests of a session, however young. */
  takeOf(sessionId: string): Exchange[];
};

/**
 * Requests are kept by the quarter of a second in which they began, so that the old ones are found without a look at
 * the others.
 */
const slotMs = 250;
const slotOf = (exchange: Exchange) => Math.floor(exchange.startedAt / slotMs);

/** Creates an empty record; `longMs` after its beginning a request has been under way for long. */
export function createInFlight(deps: {
  limits: Pick<Config['streams'], 'inFlightPerUser'>;
  longMs: number;
  refused(): void;
}): InFlight {
  const {
    limits: { inFlightPerUser },
    longMs,
  } = deps;
  const people = new Map<string, PersonInFlight>();
  const young = new Map<number, Set<Exchange>>();
  const count = (exchange: Exchange, issuer: string, subject: string) => {
    const key = `${issuer}\0${subject}`;
    const person = people.get(key) ?? { key, count: 0 };
    if (person.count >= inFlightPerUser) {
      deps.refused();
      throw new ProblemError(
        'too-many-requests',
        `You have ${inFlightPerUser} requests under way on this gateway, which is the limit; wait for some to end.`,
      );
    }
    if (person.count === 0) people.set(key, person);
    person.count += 1;
    exchange.counted = person;
  };
  return {
    admit(exchange) {
      const identity = exchange.answer?.identity;
      if (identity) count(exchange, identity.issuer, identity.subject);
      const slot = slotOf(exchange);
      const set = young.get(slot);
      if (set) set.add(exchange);
      else young.set(slot, new Set([exchange]));
    },
    closed(exchange) {
      young.get(slotOf(exchange))?.delete(exchange);
      const { counted } = exchange;
      if (!counted) return;
      exchange.counted = undefined;
      counted.count -= 1;
      if (counted.count === 0) people.delete(counted.key);
    },
    takeLong() {
      const long: Exchange[] = [];
      const latest = Math.floor((performance.now() - longMs) / slotMs);
      for (const [slot, set] of young) {
        if (slot > latest) continue;
        young.delete(slot);
        long.push(...set);
      }
      return long;
    },
    takeOf(sessionId) {
      const found: Exchange[] = [];
      for (const set of young.values()) {
        for (const exchange of set) {
          if (exchange.answer?.session?.id !== sessionId) continue;
          set.delete(exchange);
          found.push(exchange);
        }
      }
      return found;
    },
  };
}
