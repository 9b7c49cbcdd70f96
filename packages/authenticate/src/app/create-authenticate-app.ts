import { randomBytes } from 'node:crypto';
import express, { type Express, type RequestHandler } from 'express';
import { createScimApp } from '@sallyport/directory';
import { beginCallSpan, ProblemError, requireService, traceRequests } from '@sallyport/kit';
import type { AgentDeps } from '../agents/agent-deps.ts';
import { createAgent } from '../agents/create-agent.ts';
import { listAgents } from '../agents/list-agents.ts';
import { revokeAgent } from '../agents/revoke-agent.ts';
import { answerDevice } from '../device/answer-device.ts';
import type { DeviceDeps } from '../device/device-deps.ts';
import { issueDeviceCode } from '../device/issue-device-code.ts';
import { redeemDeviceCode } from '../device/redeem-device-code.ts';
import { showDevicePage } from '../device/show-device-page.ts';
import { createLoginEvents } from '../events/login-events.ts';
import { createLoginMonitor } from '../events/login-monitor.ts';
import { createNameEvents } from '../events/name-events.ts';
import { createWorkloadEvents } from '../events/workload-events.ts';
import { cancelLogin } from '../login/cancel-login.ts';
import { exchangeCode } from '../login/exchange-code.ts';
import { loginCallback } from '../login/login-callback.ts';
import type { LoginDeps } from '../login/login-deps.ts';
import { createPendingLoginSealer } from '../login/pending-login-sealer.ts';
import { startLogin } from '../login/start-login.ts';
import { askLogout } from '../logout/ask-logout.ts';
import { backchannelLogout } from '../logout/backchannel-logout.ts';
import { logout } from '../logout/logout.ts';
import type { BackchannelLogoutDeps, LogoutDeps } from '../logout/logout-deps.ts';
import { showLoggedOut } from '../logout/show-logged-out.ts';
import { errorPage } from '../pages/error-page.ts';
import { getSignInUrl } from '../pomerium/get-sign-in-url.ts';
import { showUser } from '../pomerium/show-user.ts';
import { signOut } from '../pomerium/sign-out.ts';
import { askRouteConfirmation, confirmRouteCode, routeConfirmationPath } from '../routes/confirm-route-code.ts';
import { endRouteSession } from '../routes/end-route-session.ts';
import { issueRouteCode } from '../routes/issue-route-code.ts';
import { openRouteSession } from '../routes/open-route-session.ts';
import type { RouteSessionDeps } from '../routes/route-session-deps.ts';
import { listSessions } from '../session/list-sessions.ts';
import { revokeSession } from '../session/revoke-session.ts';
import { revokeSessions } from '../session/revoke-sessions.ts';
import type { SessionDeps } from '../session/session-deps.ts';
import { showMe } from '../session/show-me.ts';
import { assignNames } from '../service-accounts/assign-names.ts';
import { createServiceAccount } from '../service-accounts/create-service-account.ts';
import { listServiceAccounts } from '../service-accounts/list-service-accounts.ts';
import { listNames } from '../service-accounts/list-names.ts';
import { releaseName } from '../service-accounts/release-name.ts';
import { revokeServiceAccount } from '../service-accounts/revoke-service-account.ts';
import type { ServiceAccountDeps } from '../service-accounts/service-account-deps.ts';
import { createExchangeToken } from '../workloads/create-exchange-token.ts';
import { exchangeWorkloadToken } from '../workloads/exchange-workload-token.ts';
import { createOpenWorkloadSession } from '../workloads/open-workload-session.ts';
import { startWorkloadSession } from '../workloads/start-workload-session.ts';
import { createVerifyToken } from '../workloads/verify-workload-token.ts';
import type { AuthenticateDeps } from './authenticate-deps.ts';

const bodyLimit = '16kb';
/** A call about a workload carries the public keys of clusters. */
const workloadBodyLimit = '1mb';

/** Allows only these methods. HEAD is refused too: a link preview would otherwise start or complete a login. */
function only(...methods: string[]): RequestHandler {
  return (request, response, next) => {
    if (methods.includes(request.method)) return next();
    response.setHeader('allow', methods.join(', '));
    throw new ProblemError('method-not-allowed', `This address supports only ${methods.join(' and ')}.`);
  };
}

const form = () => express.urlencoded({ limit: bodyLimit, extended: false, parameterLimit: 16 });
const formOrJson = () => [express.json({ limit: bodyLimit }), form()];

function mountLogin(app: Express, deps: LoginDeps): void {
  app.all('/.sallyport/login', only('GET'), startLogin(deps));
  app.all(['/.sallyport/callback', '/.sallyport/callback/:provider'], only('GET'), loginCallback(deps));
  app.all('/.sallyport/login/cancel', only('POST'), formOrJson(), cancelLogin(deps));
  app.all('/.sallyport/token', only('POST'), formOrJson(), exchangeCode(deps));
}

function mountLogout(app: Express, deps: LogoutDeps & BackchannelLogoutDeps): void {
  const [ask, end] = [askLogout(deps), logout(deps)];
  app.all('/.sallyport/logout', only('GET', 'POST'), (request, response, next) =>
    (request.method === 'GET' ? ask : end)(request, response, next),
  );
  app.all('/.sallyport/signed-out', only('GET'), showLoggedOut(deps));
  app.all('/.sallyport/backchannel-logout/:provider', only('POST'), form(), backchannelLogout(deps));
}

/** Mounts the device authorization grant (RFC 8628): logins that are approved in a browser on another machine. */
function mountDevice(app: Express, deps: DeviceDeps): void {
  app.all('/.sallyport/api/v1/device/code', only('POST'), formOrJson(), issueDeviceCode(deps));
  app.all('/.sallyport/api/v1/device/token', only('POST'), formOrJson(), redeemDeviceCode(deps));
  const [show, answer] = [showDevicePage(deps), answerDevice(deps)];
  app.all('/.sallyport/device', only('GET', 'POST'), form(), (request, response, next) =>
    (request.method === 'GET' ? show : answer)(request, response, next),
  );
}

/** Mounts the endpoints that Pomerium clients use. */
function mountPomerium(app: Express, deps: LoginDeps): void {
  app.all('/.pomerium/api/v1/login', only('GET'), getSignInUrl(deps));
  app.all(['/.pomerium', '/.pomerium/'], only('GET'), showMe(deps));
  app.all('/.pomerium/user', only('GET'), showUser(deps));
  app.all('/.pomerium/sign_out', only('GET', 'POST'), signOut(deps));
}

/** Mounts the logins of browsers at web applications. */
function mountRoutes(app: Express, deps: RouteSessionDeps): void {
  app.all('/.sallyport/route/:host/:challenge/:tab', only('GET'), issueRouteCode(deps));
  const [askAgain, confirm] = [askRouteConfirmation(deps), confirmRouteCode(deps)];
  app.all(`${routeConfirmationPath}/:id`, only('GET', 'POST'), (request, response, next) =>
    (request.method === 'GET' ? askAgain : confirm)(request, response, next),
  );
  app.all('/v1/route-sessions', only('POST'), express.json({ limit: bodyLimit }), openRouteSession(deps));
  app.all('/v1/route-sessions/end', only('POST'), express.json({ limit: bodyLimit }), endRouteSession(deps));
}

function mountSessions(app: Express, deps: SessionDeps): void {
  app.all('/.sallyport/me', only('GET'), showMe(deps));
  const [list, revoke] = [listSessions(deps), revokeSessions(deps)];
  app.all('/v1/sessions', only('GET', 'DELETE'), (request, response, next) =>
    (request.method === 'GET' ? list : revoke)(request, response, next),
  );
  app.all('/v1/sessions/:id', only('DELETE'), revokeSession(deps));
}

function mountAgents(app: Express, deps: AgentDeps): void {
  const [list, create] = [listAgents(deps), createAgent(deps)];
  app.all('/v1/agents', only('GET', 'POST'), express.json({ limit: bodyLimit }), (request, response, next) =>
    (request.method === 'GET' ? list : create)(request, response, next),
  );
  app.all('/v1/agents/:id', only('DELETE'), revokeAgent(deps));
}

function mountServiceAccounts(app: Express, deps: ServiceAccountDeps): void {
  const [list, create] = [listServiceAccounts(deps), createServiceAccount(deps)];
  app.all('/v1/service-accounts', only('GET', 'POST'), express.json({ limit: bodyLimit }), (request, response, next) =>
    (request.method === 'GET' ? list : create)(request, response, next),
  );
  app.all('/v1/service-accounts/:id', only('DELETE'), revokeServiceAccount(deps));
  const [listHeld, assign] = [listNames(deps), assignNames(deps)];
  const body = express.json({ limit: bodyLimit });
  app.all('/v1/service-account-names', only('GET', 'POST'), body, (request, response, next) =>
    (request.method === 'GET' ? listHeld : assign)(request, response, next),
  );
  app.all('/v1/service-account-names/:name', only('DELETE'), releaseName(deps));
}

function mountWorkloads(app: Express, deps: AuthenticateDeps): void {
  const { workloads, logger } = deps;
  if (!workloads) return;
  const { compiled, sources, metrics } = workloads;
  const verify = createVerifyToken({ sources, now: deps.now, attempted: metrics.verified });
  const events = createWorkloadEvents(deps);
  const openDeps = { ...deps, workloads: compiled, verify, events };
  const open = createOpenWorkloadSession(openDeps);
  const exchange = createExchangeToken({ ...openDeps, open });
  const body = express.json({ limit: workloadBodyLimit });
  app.all('/v1/workload-sessions', only('POST'), body, startWorkloadSession({ open, metrics, logger }));
  app.all('/v1/workload-tokens', only('POST'), body, exchangeWorkloadToken({ exchange, metrics, logger }));
}

/**
 * Creates the HTTP application of the service. It neither listens nor reads the environment. Every call needs the
 * credential of a Sallyport service.
 */
export function createAuthenticateApp(deps: AuthenticateDeps): Express {
  const events = createLoginEvents(deps);
  const {
    pendingLogins = createPendingLoginSealer([{ id: 'of-this-process', key: randomBytes(32) }]),
    monitor = createLoginMonitor({ ...deps, events }),
  } = deps;
  const routeDeps = { ...deps, events, pendingLogins, monitor };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use((_request, response, next) => {
    response.set(deps.pages.headers);
    next();
  });
  app.use(requireService(deps.verifier));
  const { tracer } = deps;
  if (tracer) app.use(traceRequests((request) => beginCallSpan(tracer, request)));
  mountLogin(app, routeDeps);
  mountLogout(app, routeDeps);
  mountDevice(app, routeDeps);
  mountPomerium(app, routeDeps);
  mountSessions(app, routeDeps);
  mountAgents(app, routeDeps);
  mountServiceAccounts(app, { ...routeDeps, nameEvents: createNameEvents(deps) });
  mountWorkloads(app, deps);
  mountRoutes(app, routeDeps);
  if (deps.scim) app.use('/.sallyport/scim/v2', createScimApp(deps.scim));
  app.use(() => {
    throw new ProblemError('not-found', 'There is no page at this address.');
  });
  app.use(errorPage(deps));
  return app;
}
