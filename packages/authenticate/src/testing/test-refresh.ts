import type { Session } from '@sallyport/contracts';
import { storeTokens } from '../refresh/store-tokens.ts';
import { throughProvider } from './test-login.ts';
import type { TestService } from './test-service.ts';

export const minute = 60_000;
export const hour = 60 * minute;

/** Creates a JSON response. */
export const json = (body: unknown, status: number, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

/** Logs in and returns the session. */
export async function logIn(service: TestService): Promise<Session> {
  await throughProvider(service, '/.sallyport/login');
  const { idleEndsAt: _moves, ...session } = (await service.sessions.list()).at(-1)!;
  return session;
}

/** Creates this many sessions, without a login each. */
export async function logInMany(service: TestService, count: number): Promise<void> {
  const { id: _id, ...like } = await logIn(service);
  for (let n = 1; n < count; n += 1) {
    const session: Session = { ...like, id: `session-${n}` };
    const refreshToken = `refresh-token-of-${n}`;
    service.provider.refreshTokens.set(refreshToken, { sid: session.sid! });
    await storeTokens(service.deps, session, { refreshToken }, session.createdAt);
    await service.sessions.create(`hash-${n}`, session);
  }
}

/** Returns the session if it is live, or else why it is not. */
export async function live(service: TestService, { id }: Session) {
  const found = await service.sessions.read(id);
  return found.state === 'live' ? found.session : found.state === 'revoked' ? found.tombstone.reason : found.state;
}

export const identityOf = async (service: TestService, session: Session) =>
  ((await live(service, session)) as Session).identity;

/** Lets time pass and refreshes what is due. */
export function after(service: TestService, ms: number): Promise<number> {
  service.clock.now += ms;
  return service.refresher.runDue();
}

/** Returns the number of requests to the token endpoint. */
export const refreshCalls = (service: TestService) => service.provider.calls.filter((path) => path === '/token').length;

/** Makes the token endpoint answer refreshes this way. Logins are answered as before. */
export function answerWith(service: TestService, answer: () => Response | Promise<Response>): void {
  service.provider.lies.intercept = (path, body) =>
    path === '/token' && body.get('grant_type') === 'refresh_token' ? answer() : undefined;
}

/** Returns the number of refreshes by outcome. */
export async function outcomes(service: TestService): Promise<Record<string, number>> {
  const { values } = await service.metrics.getSingleMetric('sallyport_session_refreshes_total')!.get();
  return Object.fromEntries(values.flatMap(({ labels, value }) => (value > 0 ? [[labels['outcome'], value]] : [])));
}
