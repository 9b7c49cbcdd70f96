import type { Config } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { isAllowed, type AllowedExchange, type Exchange, type UserInFlight } from '../exchange/exchange.ts';

/** The requests in flight that are not streams: how many each user has, and which have run for long. */
type InFlight = {
  /** Counts a request before anything goes upstream. Throws `too-many-requests` beyond the limit of its user. */
  admitted(exchange: AllowedExchange): void;
  closed(exchange: Exchange): void;
  /** Hands over the requests that have run for long, each once. */
  takeLong(): AllowedExchange[];
  /** Hands over all requests of a session, however young. */
  takeOf(sessionId: string): AllowedExchange[];
};

/** Creates the count of requests in flight. A request has run for long `longMs` after it began. */
export function createInFlight(deps: {
  limits: Pick<Config['streams'], 'inFlightPerUser'>;
  longMs: number;
  refused(): void;
}): InFlight {
  const count = createCount(deps.limits.inFlightPerUser, deps.refused);
  const young = createYoungRequests(deps.longMs);
  return {
    admitted(exchange) {
      const identity = exchange.answer.identity;
      if (identity) count.add(exchange, identity.issuer, identity.subject);
      young.add(exchange);
    },
    closed(exchange) {
      if (isAllowed(exchange)) young.remove(exchange);
      count.remove(exchange);
    },
    takeLong: young.takeLong,
    takeOf: young.takeOf,
  };
}

function createCount(limit: number, refused: () => void) {
  const users = new Map<string, UserInFlight>();
  return {
    add(exchange: Exchange, issuer: string, subject: string) {
      const key = `${issuer}\0${subject}`;
      const user = users.get(key) ?? { key, count: 0 };
      if (user.count >= limit) {
        refused();
        throw new ProblemError(
          'too-many-requests',
          `You have ${limit} requests in flight on this gateway, which is the limit. Wait for some to finish.`,
        );
      }
      if (user.count === 0) users.set(key, user);
      user.count += 1;
      exchange.counted = user;
    },
    remove(exchange: Exchange) {
      const { counted } = exchange;
      if (!counted) return;
      exchange.counted = undefined;
      counted.count -= 1;
      if (counted.count === 0) users.delete(counted.key);
    },
  };
}

/** Requests are kept by the quarter of a second in which they began, so that finding old ones skips all others. */
const slotMs = 250;
const slotOf = (exchange: Exchange) => Math.floor(exchange.startedAt / slotMs);

function createYoungRequests(longMs: number) {
  const slots = new Map<number, Set<AllowedExchange>>();
  return {
    add(exchange: AllowedExchange) {
      const slot = slotOf(exchange);
      const set = slots.get(slot);
      if (set) set.add(exchange);
      else slots.set(slot, new Set([exchange]));
    },
    remove: (exchange: AllowedExchange) => void slots.get(slotOf(exchange))?.delete(exchange),
    takeLong() {
      const long: AllowedExchange[] = [];
      const latest = Math.floor((performance.now() - longMs) / slotMs);
      for (const [slot, set] of slots) {
        if (slot > latest) continue;
        slots.delete(slot);
        long.push(...set);
      }
      return long;
    },
    takeOf(sessionId: string) {
      const found: AllowedExchange[] = [];
      for (const set of slots.values()) {
        for (const exchange of set) {
          if (exchange.answer.session?.id !== sessionId) continue;
          set.delete(exchange);
          found.push(exchange);
        }
      }
      return found;
    },
  };
}
