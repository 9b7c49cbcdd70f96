import type { EndReason, Identity, Session } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { HeldTokens, ProviderTokenStore, SessionStore, TokenSealer } from '@sallyport/stores';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import { RefreshFailure } from '../providers/common/refresh-failure.ts';
import type { LoginEvents } from '../events/login-events.ts';
import { openTokens, sealTokens } from '../tokens/provider-tokens.ts';
import { describeChange } from '@sallyport/directory';
import { nextRefresh, nextRetry, type Random } from './next-refresh.ts';
import type { ProviderRest } from './provider-backoff.ts';
import type { RefreshOutcome } from './refresh-metrics.ts';

export type RefreshSessionDeps = {
  keeping: { tokens: ProviderTokenStore; sealer: TokenSealer };
  /** Those that take their tokens with them when they end. */
  sessions: Pick<SessionStore, 'read' | 'update' | 'revoke'>;
  providers: readonly Pick<ProviderClient, 'id' | 'refreshing' | 'refresh'>[];
  events: Pick<LoginEvents, 'ended' | 'refreshed'>;
  rest: ProviderRest;
  logger: Logger;
  now: () => number;
  random: Random;
};

/**
 * For how long one replica has a session's tokens to itself: longer than every call to a provider may take together.
 */
export const leaseMs = 60_000;
/** Tokens are kept before their session is made. */
const beingMadeMs = 60_000;
/** Of a provider that is no longer in the configuration (or not yet in this replica's). */
const withoutProvider = { interval: 600_000, outageGrace: 3_600_000 };

type Work = { held: HeldTokens; session: Session; refreshing: ProviderClient['refreshing'] };

/** No authentication takes place at a refresh: when and how the person logged in stays as it was. */
function carryOver({ amr, acr, authTime }: Identity, now: Identity): Identity {
  const { acr: _acr, authTime: _authTime, ...rest } = now;
  return { ...rest, amr, ...(acr === undefined ? {} : { acr }), ...(authTime === undefined ? {} : { authTime }) };
}

async function ask({ keeping: { sealer }, providers, rest, logger }: RefreshSessionDeps, { held, session }: Work) {
  const provider = providers.find(({ id }) => id === held.provider);
  if (!provider) throw new RefreshFailure('this provider is not in the configuration');
  if (rest.until(provider.id) !== undefined) throw new RefreshFailure('the provider does not answer others either');
  const tokens = openTokens(sealer, held.sealed, held.sessionId);
  if (!tokens?.refreshToken)
    throw new RefreshFailure(
      'its tokens cannot be opened: the key that they were sealed with is not in sessions.encryption',
    );
  const { issuer, subject } = session.identity;
  try {
    const answer = await provider.refresh(
      { ...tokens, refreshToken: tokens.refreshToken },
      { issuer, subject, known: session.identity },
    );
    rest.answered(provider.id);
    return answer;
  } catch (error) {
    if (!(error instanceof RefreshFailure))
      logger.error({ err: error, session: session.id }, 'refreshing a session went wrong');
    const failure = error instanceof RefreshFailure ? error : new RefreshFailure('an unexpected error');
    if (failure.ends === undefined) rest.failed(provider.id, failure.retryAfterMs);
    else rest.answered(provider.id);
    throw failure;
  }
}

async function end(
  deps: RefreshSessionDeps,
  { session }: Work,
  reason: EndReason,
  detail: string,
): Promise<RefreshOutcome> {
  const ended = await deps.sessions.revoke(session.id, { by: 'authenticate', reason });
  if (ended) deps.events.ended(ended, { reason, detail });
  deps.logger.info({ session: session.id, provider: session.identity.provider, reason, detail }, 'a session was ended');
  return 'ended';
}

async function fail(deps: RefreshSessionDeps, work: Work, failure: RefreshFailure): Promise<RefreshOutcome> {
  const {
    keeping: { tokens, sealer },
    now,
    random,
  } = deps;
  const {
    held,
    refreshing: { interval, outageGrace },
  } = work;
  const failures = held.failures + 1;
  const sealed = failure.tokens ? sealTokens(sealer, failure.tokens, held.sessionId) : held.sealed;
  // Whoever was overtaken knows nothing: the refusal may be of a token that another replica has replaced.
  if (!(await tokens.settle(held, { sealed, succeededAt: held.succeededAt, failures }))) return 'overtaken';
  if (failure.ends !== undefined) return end(deps, work, failure.ends, failure.message);
  const last = held.succeededAt + outageGrace;
  if (now() >= last) return end(deps, work, 'provider-away', failure.message);
  await tokens.schedule(
    held.sessionId,
    Math.min(
      last,
      nextRetry(
        now(),
        {
          failures,
          intervalMs: interval,
          ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
        },
        random,
      ),
    ),
  );
  deps.logger.warn(
    { session: held.sessionId, provider: held.provider, failures, detail: failure.message },
    'a session could not be refreshed',
  );
  return 'retry';
}

async function succeed(
  deps: RefreshSessionDeps,
  work: Work,
  answer: Awaited<ReturnType<ProviderClient['refresh']>>,
  begunAt: number,
): Promise<RefreshOutcome> {
  const {
    keeping: { tokens, sealer },
    sessions,
    now,
    random,
  } = deps;
  const { held, session, refreshing } = work;
  const sealed = sealTokens(sealer, answer.tokens, held.sessionId);
  // First of all the new token: the old one may be worth nothing any more. Until the end of this it is due again when
  // the lease is over.
  if (!(await tokens.settle(held, { sealed, succeededAt: begunAt, failures: 0 }))) return 'overtaken';
  if (now() - begunAt >= leaseMs) return 'overtaken';
  const { identity } = answer;
  let before = session;
  const after =
    identity &&
    (await sessions.update(session.id, (live) => {
      before = live;
      return { ...live, identity: carryOver(live.identity, identity) };
    }));
  await tokens.schedule(held.sessionId, nextRefresh(now(), refreshing.interval, random));
  const change = after && describeChange(before.identity, after.identity);
  if (!after || change === undefined) return 'unchanged';
  deps.events.refreshed(after, change);
  return 'changed';
}

/**
 * Asks a session's provider whether the person is still who they were, and writes what it says into the session. One
 * replica at a time: whoever took too long and was overtaken writes nothing. Undefined if there was nothing to do.
 */
export async function refreshSession(
  deps: RefreshSessionDeps,
  sessionId: string,
): Promise<{ provider: string; outcome: RefreshOutcome } | undefined> {
  const {
    keeping: { tokens },
    now,
  } = deps;
  const held = await tokens.hold(sessionId, leaseMs);
  if (held === undefined || held === 'held') return undefined;
  const begunAt = now();
  const found = await deps.sessions.read(sessionId);
  if (found.state !== 'live') {
    if (found.state === 'unknown' && begunAt < held.createdAt + beingMadeMs)
      await tokens.schedule(sessionId, held.createdAt + beingMadeMs);
    else await tokens.forget(sessionId);
    return undefined;
  }
  const refreshing = deps.providers.find(({ id }) => id === held.provider)?.refreshing ?? withoutProvider;
  const work: Work = { held, session: found.session, refreshing };
  const answer = await ask(deps, work).catch((error: unknown) => error as RefreshFailure);
  const outcome =
    answer instanceof RefreshFailure ? await fail(deps, work, answer) : await succeed(deps, work, answer, begunAt);
  return { provider: held.provider, outcome };
}
