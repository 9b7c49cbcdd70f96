import { routeSessionRequestSchema, type Session } from '@sallyport/contracts';
import type { RequestHandler } from 'express';
import { hashToken, ProblemError } from '@sallyport/kit';
import { beginWithToken } from '../session/begin-with-token.ts';
import { routeConfirmationPath } from './confirm-route-code.ts';
import { takeRouteCode } from './keep-route-code.ts';
import {
  maxRedeemed,
  redeemCountKind,
  redeemWindowMs,
  routeConfirmationKind,
  routeConfirmationLifeMs,
  type RouteCode,
  type Shown,
} from './route-code.ts';
import type { RouteSessionDeps } from './route-session-deps.ts';
import { showsTheSame } from './shows-the-same.ts';

const expired = () =>
  new ProblemError('login-expired', 'This login took too long, was already used, or started in another browser.');

/**
 * Returns the address at which the user is asked, if a code was issued to a browser that shows something else. What is
 * confirmed there is good in this place only.
 */
async function whereToConfirm(
  { singleUse, randomToken, settings }: RouteSessionDeps,
  grant: RouteCode,
  { clientAddress, userAgent }: Shown,
): Promise<string | undefined> {
  const to = { ...(clientAddress ? { clientAddress } : {}), ...(userAgent ? { userAgent } : {}) };
  if (!grant.issued || showsTheSame(grant.issued.to, to)) return undefined;
  const id = randomToken();
  const asked: RouteCode = { ...grant, issued: { ...grant.issued, to } };
  await singleUse.put(routeConfirmationKind, id, asked, routeConfirmationLifeMs);
  return `${settings.loginOrigin}${routeConfirmationPath}/${id}`;
}

/**
 * `POST /v1/route-sessions`: redeems a code for the session of one web application. It hangs on the login of the browser,
 * ends with it, and is good on that host only. It is recorded before it exists. Where the browser shows something else
 * than the one at the login, the user is asked first.
 */
export function openRouteSession(deps: RouteSessionDeps): RequestHandler {
  return async (request, response) => {
    const asked = routeSessionRequestSchema.safeParse(request.body);
    if (!asked.success) throw new ProblemError('bad-request', 'The request for a session cannot be read.');
    const { host, code, verifier, ...facts } = asked.data;
    deps.events.requireRoom();
    const grant = await takeRouteCode(deps, code);
    if (!grant || grant.host !== host || grant.challenge !== hashToken(verifier)) throw expired();
    const [parent] = await deps.sessions.find([grant.parent.hash]);
    if (parent?.state !== 'live' || parent.session.id !== grant.parent.id) throw expired();
    const { id } = parent.session;
    if ((await deps.singleUse.count(redeemCountKind, `${id} ${host}`, redeemWindowMs)) > maxRedeemed)
      throw new ProblemError(
        'too-many-requests',
        'This browser opens the application too often. Try again in a while.',
      );
    const confirmAt = await whereToConfirm(deps, grant, facts);
    if (confirmAt !== undefined) return void response.json({ confirmAt });
    const { identity, expiresAt, idleMs } = parent.session;
    const session: Session = {
      version: 2,
      id: deps.randomId(),
      kind: 'route',
      route: host,
      identity,
      createdAt: deps.now(),
      expiresAt,
      idleMs,
      parent: grant.parent,
      ...facts,
    };
    const path = '/.sallyport/callback';
    const token = await beginWithToken(deps, session, path, () => deps.events.created(session, { path, detail: host }));
    response.json({ token, tab: grant.tab, expiresAt });
  };
}
