import { randomBytes } from 'node:crypto';
import express, { type Express, type RequestHandler } from 'express';
import { ProblemError, requireService } from '@sallyport/kit';
import type { AuthenticateDeps, RouteDeps } from './authenticate-deps.ts';
import { answerDevice } from '../device/answer-device.ts';
import { issueDeviceCode } from '../device/issue-device-code.ts';
import { redeemDeviceCode } from '../device/redeem-device-code.ts';
import { showDevicePage } from '../device/show-device-page.ts';
import { createScimApp } from '@sallyport/directory';
import { createLoginSealer } from '../login/pending-login-sealer.ts';
import { errorPage } from '../pages/error-page.ts';
import { pageHeaders } from '../pages/render-page.ts';
import { showUser } from '../pomerium/show-user.ts';
import { signOut } from '../pomerium/sign-out.ts';
import { tellSignInUrl } from '../pomerium/tell-sign-in-url.ts';
import { backchannelLogout } from '../logout/backchannel-logout.ts';
import { beginLogin } from '../login/start-login.ts';
import { exchangeCode } from '../login/exchange-code.ts';
import { finishLogin } from '../login/login-callback.ts';
import { listSessions } from '../session/list-sessions.ts';
import { logout } from '../logout/logout.ts';
import { revokeSession } from '../session/revoke-session.ts';
import { revokeSessions } from '../session/revoke-sessions.ts';
import { showMe } from '../session/show-me.ts';
import { signedOut } from '../logout/show-logged-out.ts';
import { createLoginEvents } from '../events/login-events.ts';
import { createLoginWatch } from '../events/login-monitor.ts';

const bodyLimit = '16kb';

/** One method per address. HEAD is refused as well: it would begin or finish a login for a mere preview of a link. */
function only(...methods: string[]): RequestHandler {
  return (request, response, next) => {
    if (methods.includes(request.method)) return next();
    response.setHeader('allow', methods.join(', '));
    throw new ProblemError('method-not-allowed', `This address takes ${methods.join(' and ')} only.`);
  };
}

const form = () => express.urlencoded({ limit: bodyLimit, extended: false, parameterLimit: 16 });
const formOrJson = () => [express.json({ limit: bodyLimit }), form()];

/** Logins that end on another machine than they began (RFC 8628). */
function mountDevice(app: Express, routes: RouteDeps): void {
  app.all('/.sallyport/api/v1/device/code', only('POST'), formOrJson(), issueDeviceCode(routes));
  app.all('/.sallyport/api/v1/device/token', only('POST'), formOrJson(), redeemDeviceCode(routes));
  const [show, answer] = [showDevicePage(routes), answerDevice(routes)];
  app.all('/.sallyport/device', only('GET', 'POST'), form(), (request, response, next) =>
    (request.method === 'GET' ? show : answer)(request, response, next),
  );
}

/** What Pomerium's clients ask for. */
function mountPomerium(app: Express, routes: RouteDeps): void {
  app.all('/.pomerium/api/v1/login', only('GET'), tellSignInUrl(routes));
  app.all(['/.pomerium', '/.pomerium/'], only('GET'), showMe(routes));
  app.all('/.pomerium/user', only('GET'), showUser(routes));
  app.all('/.pomerium/sign_out', only('GET', 'POST'), signOut(routes));
}

/**
 * The service's HTTP application. It neither listens nor reads the environment. Every call needs the credential of one
 * of Sallyport's services.
 */
export function createAuthenticateApp(deps: AuthenticateDeps): Express {
  const events = createLoginEvents(deps);
  const {
    pending = createLoginSealer([{ id: 'of-this-process', key: randomBytes(32) }]),
    watch = createLoginWatch({ ...deps, events }),
  } = deps;
  const routes: RouteDeps = { ...deps, events, pending, watch };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(pageHeaders());
  app.use(requireService(deps.verifier));
  app.all('/.sallyport/login', only('GET'), beginLogin(routes));
  app.all(['/.sallyport/callback', '/.sallyport/callback/:provider'], only('GET'), finishLogin(routes));
  app.all('/.sallyport/token', only('POST'), formOrJson(), exchangeCode(routes));
  app.all('/.sallyport/me', only('GET'), showMe(routes));
  app.all('/.sallyport/logout', only('POST'), logout(routes));
  app.all('/.sallyport/signed-out', only('GET'), signedOut(routes));
  app.all('/.sallyport/backchannel-logout/:provider', only('POST'), form(), backchannelLogout(routes));
  mountDevice(app, routes);
  mountPomerium(app, routes);
  const [list, revoke] = [listSessions(routes), revokeSessions(routes)];
  app.all('/v1/sessions', only('GET', 'DELETE'), (request, response, next) =>
    (request.method === 'GET' ? list : revoke)(request, response, next),
  );
  if (deps.scim) app.use('/.sallyport/scim/v2', createScimApp(deps.scim));
  app.all('/v1/sessions/:id', only('DELETE'), revokeSession(routes));
  app.use(() => {
    throw new ProblemError('not-found', 'There is no such page here.');
  });
  app.use(errorPage(deps));
  return app;
}
