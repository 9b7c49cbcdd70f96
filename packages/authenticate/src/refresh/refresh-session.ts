import type { EndReason, Identity, Session } from '@sallyport/contracts';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { HeldTokens, SessionStore } from '@sallyport/stores';
import { writeIdentity, type WrittenIdentity } from '@sallyport/directory';
import type { LoginEvents } from '../events/login-events.ts';
import type { ProviderClient } from '../providers/client/provider-client.ts';
import { RefreshFailure } from '../providers/client/provider-problem.ts';
import { openTokens, sealTokens, type TokenStorage } from '../tokens/provider-tokens.ts';
import { nextRefresh, nextRetry, type Random, type ProviderBackoff } from './next-refresh.ts';
import type { RefreshOutcome } from './refresh-metrics.ts';

export type RefreshSessionDeps = {
  tokenStorage: TokenStorage;
  /** Must delete the tokens of a session when it is revoked. */
  sessions: Pick<SessionStore, 'read' | 'update' | 'revoke' | 'endRights'>;
  providers: readonly Pick<ProviderClient, 'id' | 'refreshing' | 'refresh'>[];
  events: Pick<LoginEvents, 'ended' | 'refreshed' | 'widened' | 'notWidened'>;
  backoff: ProviderBackoff;
  logger: Logger;
  now: () => number;
  random: Random;
};

/** How long a replica leases a session's tokens: longer than all calls to a provider may take together. */
export const leaseMs = 60_000;
/** Tokens are stored before their session is created. */
const creationMs = 60_000;
/** When a change that could not be recorded is tried again. */
const unrecordedRetryMs = 30_000;
const maxTries = 8;
/** For a provider that is no longer in the configuration, or not yet in that of this replica. */
const unknownProvider = { interval: 600_000, outageGrace: 3_600_000 };

type Work = { held: HeldTokens; session: Session; refreshing: ProviderClient['refreshing'] };

/** Keeps the claims about the authentication, because no authentication takes place at a refresh. */
function keepAuthentication({ amr, acr, authTime }: Identity, now: Identity): Identity {
  const { acr: _acr, authTime: _authTime, ...rest } = now;
  return { ...rest, amr, ...(acr === undefined ? {} : { acr }), ...(authTime === undefined ? {} : { authTime }) };
}

async function askProvider(
  { tokenStorage: { sealer }, providers, backoff, logger }: RefreshSessionDeps,
  { held, session }: Work,
) {
  const provider = providers.find(({ id }) => id === held.provider);
  if (!provider) throw new RefreshFailure('the provider is not in the configuration');
  if (backoff.until(provider.id) !== undefined) throw new RefreshFailure('the provider is not answering');
  const tokens = openTokens(sealer, held.sealed, held.sessionId);
  if (!tokens?.refreshToken)
    throw new RefreshFailure('the tokens cannot be opened, because their key is not in sessions.encryption');
  const { issuer, subject } = session.identity;
  try {
    const answer = await provider.refresh(
      { ...tokens, refreshToken: tokens.refreshToken },
      { issuer, subject, known: session.identity },
    );
    backoff.answered(provider.id);
    return answer;
  } catch (error) {
    if (!(error instanceof RefreshFailure))
      logger.error({ err: error, session: session.id }, 'unexpected error while refreshing a session');
    const failure = error instanceof RefreshFailure ? error : new RefreshFailure('an unexpected error');
    if (failure.ends === undefined) backoff.failed(provider.id, failure.retryAfterMs);
    else backoff.answered(provider.id);
    throw failure;
  }
}

async function end(
  deps: RefreshSessionDeps,
  { session }: Work,
  reason: EndReason,
  detail: string,
): Promise<RefreshOutcome> {
  const { issuer, subject } = session.identity;
  // The provider, or a directory that is asked at each refresh, says that the user may not log in any more.
  if (reason === 'changed') await deps.sessions.endRights({ issuer, subject }, 'deactivated');
  const ended = await deps.sessions.revoke(session.id, { by: 'authenticate', reason });
  if (ended) void deps.events.ended(ended, { reason, detail });
  deps.logger.info({ session: session.id, provider: session.identity.provider, reason, detail }, 'a session was ended');
  return 'ended';
}

async function fail(deps: RefreshSessionDeps, work: Work, failure: RefreshFailure): Promise<RefreshOutcome> {
  const { tokenStorage, now, random } = deps;
  const { tokens, sealer } = tokenStorage;
  const { refreshing, held } = work;
  const { interval, outageGrace } = refreshing;
  const failures = held.failures + 1;
  const sealed = failure.tokens ? sealTokens(sealer, failure.tokens, held.sessionId) : held.sealed;
  // A replica that was overtaken cannot tell: the refusal may be of a token that another replica has replaced.
  if (!(await tokens.settle(held, { sealed, succeededAt: held.succeededAt, failures }))) return 'overtaken';
  if (failure.ends !== undefined) return end(deps, work, failure.ends, failure.message);
  const last = held.succeededAt + outageGrace;
  if (now() >= last) return end(deps, work, 'provider-away', failure.message);
  const { retryAfterMs } = failure;
  const retryAt = nextRetry(now(), { failures, intervalMs: interval, retryAfterMs }, random);
  await tokens.schedule(held.sessionId, Math.min(last, retryAt));
  deps.logger.warn(
    { session: held.sessionId, provider: held.provider, failures, detail: failure.message },
    'a session could not be refreshed',
  );
  return 'retry';
}

/** Writes the provider's answer into the session, again if another process changes the session at the same time. */
async function writeAnswer(deps: RefreshSessionDeps, id: string, answer: Identity): Promise<WrittenIdentity> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const found = await deps.sessions.read(id);
    if (found.state !== 'live') return 'gone';
    const written = await writeIdentity(deps, found.session, keepAuthentication(found.session.identity, answer));
    if (written !== 'stale') return written;
  }
  throw new ProblemError('conflict', 'Other requests are changing this session at the same time.');
}

async function succeed(
  deps: RefreshSessionDeps,
  work: Work,
  answer: Awaited<ReturnType<ProviderClient['refresh']>>,
  startedAt: number,
): Promise<RefreshOutcome> {
  const { tokenStorage, now, random } = deps;
  const { tokens, sealer } = tokenStorage;
  const { held, session, refreshing } = work;
  const sealed = sealTokens(sealer, answer.tokens, held.sessionId);
  // Store the new token first, because the old one may no longer be valid. Until this function ends, the session is due
  // again when the lease expires.
  if (!(await tokens.settle(held, { sealed, succeededAt: startedAt, failures: 0 }))) return 'overtaken';
  if (now() - startedAt >= leaseMs) return 'overtaken';
  const written = answer.identity ? await writeAnswer(deps, session.id, answer.identity) : 'unchanged';
  if (written !== 'unrecorded') {
    await tokens.schedule(held.sessionId, nextRefresh(now(), refreshing.interval, random));
    return written === 'written' ? 'changed' : 'unchanged';
  }
  await tokens.schedule(held.sessionId, now() + unrecordedRetryMs * (0.75 + 0.5 * random()));
  deps.logger.warn(
    { session: held.sessionId, provider: held.provider },
    'a session does not get what its provider reported yet, because the audit log did not record it; will retry',
  );
  return 'retry';
}

/**
 * Refreshes a session: asks its provider for the user's current identity and writes it into the session. One replica at
 * a time does this. A replica that took too long and was overtaken writes nothing. Returns undefined if there was
 * nothing to do.
 */
export async function refreshSession(
  deps: RefreshSessionDeps,
  sessionId: string,
): Promise<{ provider: string; outcome: RefreshOutcome } | undefined> {
  const { tokenStorage, now } = deps;
  const { tokens } = tokenStorage;
  const held = await tokens.hold(sessionId, leaseMs);
  if (held === undefined || held === 'held') return undefined;
  const startedAt = now();
  const found = await deps.sessions.read(sessionId);
  if (found.state !== 'live') {
    if (found.state === 'unknown' && startedAt < held.createdAt + creationMs)
      await tokens.schedule(sessionId, held.createdAt + creationMs);
    else await tokens.forget(sessionId);
    return undefined;
  }
  const refreshing = deps.providers.find(({ id }) => id === held.provider)?.refreshing ?? unknownProvider;
  const work: Work = { held, session: found.session, refreshing };
  const answer = await askProvider(deps, work).catch((error: unknown) => error as RefreshFailure);
  const outcome =
    answer instanceof RefreshFailure ? await fail(deps, work, answer) : await succeed(deps, work, answer, startedAt);
  return { provider: held.provider, outcome };
}
