import type { Config } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { isAllowed, type AllowedExchange, type Exchange, type UserInFlight } from '../exchange/exchange.ts';
import { userOf } from './stream-indexes.ts';

/** Requests are kept by the quarter of a second in which they began, so that finding old ones skips all others. */
const slotMs = 250;
const slotOf = (exchange: Exchange) => Math.floor(exchange.startedAt / slotMs);

/**
 * Creates the count of the requests in flight that are not streams: how many each user has, and which have run for long,
 * which is `longMs` after they began.
 */
export function createInFlight(deps: {
  limits: Pick<Config['streams'], 'inFlightPerUser'>;
  longMs: number;
  refused(): void;
}) {
  const { inFlightPerUser: limit } = deps.limits;
  const users = new Map<string, UserInFlight>();
  const slots = new Map<number, Set<AllowedExchange>>();
  const count = (exchange: AllowedExchange) => {
    const key = userOf(exchange);
    const user = users.get(key) ?? { key, count: 0 };
    if (user.count >= limit) {
      deps.refused();
      throw new ProblemError(
        'too-many-requests',
        `You have ${limit} requests in flight on this gateway, which is the limit. Wait for some to finish.`,
      );
    }
    if (user.count === 0) users.set(key, user);
    user.count += 1;
    exchange.counted = user;
  };
  return {
    /** Counts a request before anything goes upstream. Throws `too-many-requests` beyond the limit of its user. */
    admitted(exchange: AllowedExchange) {
      if (exchange.answer.identity) count(exchange);
      const slot = slotOf(exchange);
      const set = slots.get(slot);
      if (set) set.add(exchange);
      else slots.set(slot, new Set([exchange]));
    },
    closed(exchange: Exchange) {
      if (isAllowed(exchange)) slots.get(slotOf(exchange))?.delete(exchange);
      const { counted } = exchange;
      if (!counted) return;
      exchange.counted = undefined;
      counted.count -= 1;
      if (counted.count === 0) users.delete(counted.key);
    },
    /** Hands over the requests that have run for long, each once. */
    takeLong(): AllowedExchange[] {
      const long: AllowedExchange[] = [];
      const latest = Math.floor((performance.now() - deps.longMs) / slotMs);
      for (const [slot, set] of slots) {
        if (slot > latest) continue;
        slots.delete(slot);
        long.push(...set);
      }
      return long;
    },
    /** Hands over all requests of a session, however young. */
    takeOf(sessionId: string): AllowedExchange[] {
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
