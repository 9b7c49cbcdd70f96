import { BlockList, isIP } from 'node:net';
import { routeSessionRequestSchema, type Session, endRouteSessionSchema } from '@sallyport/contracts';
import type { RequestHandler } from 'express';
import { hashToken, ProblemError } from '@sallyport/kit';
import { beginWithToken } from '../session/begin-with-token.ts';
import { routeConfirmationPath } from './issue-route-code.ts';
import {
  type Shown,
  takeRouteCode,
  maxRedeemed,
  redeemCountKind,
  redeemWindowMs,
  routeConfirmationKind,
  routeConfirmationLifeMs,
  type RouteCode,
} from './route-code.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/**
 * Reports whether two addresses can be of one browser. A browser may reach one host by IPv4 and another by IPv6, which
 * says nothing. Of IPv6 addresses the network counts, because browsers change the rest.
 */
function canBeOne(one: string, other: string): boolean {
  if (isIP(one) !== isIP(other)) return true;
  if (isIP(one) !== 6) return one === other;
  const network = new BlockList();
  network.addSubnet(one, 64, 'ipv6');
  return network.check(other, 'ipv6');
}

/** Reports whether a browser shows itself as one did before. What is known of one only counts as a difference. */
function showsTheSame(before: Shown, now: Shown): boolean {
  const one = before.clientAddress;
  const other = now.clientAddress;
  if ((before.userAgent ?? '') !== (now.userAgent ?? '')) return false;
  return one === undefined || other === undefined ? one === other : canBeOne(one, other);
}

const expired = () =>
  new ProblemError('login-expired', 'This login took too long, was already used, or started in another browser.');

/**
 * Returns the address at which the user is asked, if a code was issued to a browser that shows something else. What is
 * confirmed there is good in this place only.
 */
async function whereToConfirm(
  { singleUse, randomToken, settings }: HandlerDeps,
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
 * `POST /v1/route-sessions`: redeems a code for the session of one web application. It is a child of the browser's login,
 * ends with it, and is good on that host only. It is recorded before it exists. Where the browser shows something else
 * than the one at the login, the user is asked first.
 */
export function openRouteSession(deps: HandlerDeps): RequestHandler {
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

/**
 * `POST /v1/route-sessions/end`: logs a browser out from the host of a web application. It ends the login from which the
 * session was opened, because the next page would otherwise log the browser in again without asking. Only gateways of older
 * versions call it, during an upgrade.
 */
export function endRouteSession(deps: Pick<HandlerDeps, 'sessions' | 'events'>): RequestHandler {
  return async (request, response) => {
    const asked = endRouteSessionSchema.safeParse(request.body);
    if (!asked.success) throw new ProblemError('bad-request', 'The request to log out cannot be read.');
    const { hash, ...facts } = asked.data;
    const [found] = await deps.sessions.find([hash]);
    if (found?.state === 'live' && found.session.kind === 'route' && found.session.parent) {
      const { identity, parent } = found.session;
      const ended = await deps.sessions.revoke(parent.id, { by: identity.user, reason: 'logout' });
      if (ended)
        await deps.events.revoked(ended, {
          caller: identity,
          path: '/.sallyport/logout',
          facts,
          reason: `logout at ${found.session.route ?? 'a web application'}`,
        });
    }
    await deps.sessions.confirm();
    response.status(204).end();
  };
}
