import type { Config } from '@sallyport/contracts';
import { ProblemError, Roster } from '@sallyport/kit';
import type { AllowedExchange, Exchange, UserInFlight } from '../exchange/exchange.ts';
import { userOf } from './stream-indexes.ts';

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
  const requests = new Roster<AllowedExchange>();
  const countOf = (exchange: AllowedExchange): UserInFlight => {
    const key = userOf(exchange);
    let user = users.get(key);
    if (!user) users.set(key, (user = { count: 0 }));
    if (user.count >= limit) {
      deps.refused();
      throw new ProblemError(
        'too-many-requests',
        `You have ${limit} requests in flight on this gateway, which is the limit. Wait for some to finish.`,
      );
    }
    user.count += 1;
    return user;
  };
  const take = (exchange: AllowedExchange): AllowedExchange => {
    requests.remove(exchange.counted!.place);
    return exchange;
  };
  return {
    /** Counts a request before anything goes upstream. Throws `too-many-requests` beyond the limit of its user. */
    admitted(exchange: AllowedExchange) {
      const user = exchange.answer.identity ? countOf(exchange) : undefined;
      exchange.counted = { user, place: requests.add(exchange) };
    },
    closed(exchange: Exchange) {
      const { counted } = exchange;
      if (!counted) return;
      exchange.counted = undefined;
      requests.remove(counted.place);
      if (counted.user) counted.user.count -= 1;
    },
    /** Hands over the requests that have run for long, each once. Forgets the users who have none. */
    takeLong(): AllowedExchange[] {
      // Not when their last request ends: a map whose entries come and go with requests is what a roster is not.
      for (const [key, { count }] of users) if (count === 0) users.delete(key);
      const latest = performance.now() - deps.longMs;
      return requests
        .members()
        .filter(({ startedAt }) => startedAt <= latest)
        .map(take);
    },
    /** Hands over all requests of a session, however young. */
    takeOf(sessionId: string): AllowedExchange[] {
      return requests
        .members()
        .filter((exchange) => exchange.answer.session?.id === sessionId)
        .map(take);
    },
  };
}
