import { randomBytes } from 'node:crypto';
import express, { type Express, type Request, type RequestHandler } from 'express';
import { createScimApp } from '@sallyport/directory';
import { beginCallSpan, ProblemError, requireService, traceRequests } from '@sallyport/kit';
import { createAgent } from '../agents/create-agent.ts';
import { listAgents, revokeAgent } from '../agents/own-agents.ts';
import { answerDevice } from '../device/approve-device.ts';
import { issueDeviceCode } from '../device/issue-device-code.ts';
import { redeemDeviceCode } from '../device/redeem-device-code.ts';
import { showDevicePage } from '../device/show-device-page.ts';
import { createLoginEvents } from '../events/login-events.ts';
import { createLoginMonitor } from '../events/login-monitor.ts';
import { createNameEvents } from '../events/name-events.ts';
import { exchangeCode } from '../login/exchange-code.ts';
import { loginCallback } from '../login/login-callback.ts';
import { type LoginDeps, createPendingLoginSealer } from '../login/pending-login.ts';
import { startLogin } from '../login/start-login.ts';
import { cancelLogin } from '../login/waiting-program.ts';
import { backchannelLogout } from '../logout/backchannel-logout.ts';
import { askLogout, showLoggedOut } from '../logout/logout-pages.ts';
import { logout } from '../logout/logout.ts';
import {
  askRouteConfirmation,
  confirmRouteCode,
  routeConfirmationPath,
  issueRouteCode,
} from '../web-applications/issue-route-code.ts';
import { endRouteSession, openRouteSession } from '../web-applications/open-route-session.ts';
import { createServiceAccount } from '../service-accounts/create-service-account.ts';
import { assignNames, listNames, releaseName } from '../service-accounts/names.ts';
import { listServiceAccounts, revokeServiceAccount } from '../service-accounts/own-service-accounts.ts';
import { listSessions } from '../session/list-sessions.ts';
import { revokeSession, revokeSessions } from '../session/revoke-sessions.ts';
import { showMe } from '../session/show-me.ts';
import { exchangeWorkloadToken, startWorkloadSession } from '../workloads/answer-workload-calls.ts';
import { createExchangeToken } from '../workloads/create-exchange-token.ts';
import { createOpenWorkloadSession } from '../workloads/open-workload-session.ts';
import { createVerifyToken } from '../workloads/verify-workload-token.ts';
import type { AuthenticateDeps } from './authenticate-deps.ts';
import { errorPage } from './error-page.ts';
import { getSignInUrl, showUser, signOut } from './pomerium-routes.ts';

type Handlers = { readonly [method in 'GET' | 'POST' | 'DELETE']?: RequestHandler };
/** A path with what answers each method, after the body is read. */
type Route = readonly [path: string | string[], handlers: Handlers, ...body: RequestHandler[]];

/** The dependencies of all routes. */
type RouteDeps = AuthenticateDeps & LoginDeps;

const limit = '16kb';
const json = express.json({ limit });
/** A call about a workload carries the public keys of clusters. */
const workloadJson = express.json({ limit: '1mb' });
const form = express.urlencoded({ limit, extended: false, parameterLimit: 16 });

function routesOf(deps: RouteDeps): Route[] {
  return [
    ['/.sallyport/login', { GET: startLogin(deps) }],
    [['/.sallyport/callback', '/.sallyport/callback/:provider'], { GET: loginCallback(deps) }],
    ['/.sallyport/login/cancel', { POST: cancelLogin(deps) }, json, form],
    ['/.sallyport/token', { POST: exchangeCode(deps) }, json, form],
    ['/.sallyport/logout', { GET: askLogout(deps), POST: logout(deps) }],
    ['/.sallyport/signed-out', { GET: showLoggedOut(deps) }],
    ['/.sallyport/backchannel-logout/:provider', { POST: backchannelLogout(deps) }, form],
    // The device authorization grant (RFC 8628): logins that are approved in a browser on another machine.
    ['/.sallyport/api/v1/device/code', { POST: issueDeviceCode(deps) }, json, form],
    ['/.sallyport/api/v1/device/token', { POST: redeemDeviceCode(deps) }, json, form],
    ['/.sallyport/device', { GET: showDevicePage(deps), POST: answerDevice(deps) }, form],
    // What Pomerium clients use.
    ['/.pomerium/api/v1/login', { GET: getSignInUrl(deps) }],
    [['/.pomerium', '/.pomerium/'], { GET: showMe(deps) }],
    ['/.pomerium/user', { GET: showUser(deps) }],
    ['/.pomerium/sign_out', { GET: signOut(deps), POST: signOut(deps) }],
    ['/.sallyport/me', { GET: showMe(deps) }],
    ['/v1/sessions', { GET: listSessions(deps), DELETE: revokeSessions(deps) }],
    ['/v1/sessions/:id', { DELETE: revokeSession(deps) }],
    ['/v1/agents', { GET: listAgents(deps), POST: createAgent(deps) }, json],
    ['/v1/agents/:id', { DELETE: revokeAgent(deps) }],
    ['/v1/service-accounts', { GET: listServiceAccounts(deps), POST: createServiceAccount(deps) }, json],
    ['/v1/service-accounts/:id', { DELETE: revokeServiceAccount(deps) }],
    ['/v1/service-account-names', { GET: listNames(deps), POST: assignNames(deps) }, json],
    ['/v1/service-account-names/:name', { DELETE: releaseName(deps) }],
    // The logins of browsers at web applications.
    ['/.sallyport/route/:host/:challenge/:tab', { GET: issueRouteCode(deps) }],
    [`${routeConfirmationPath}/:id`, { GET: askRouteConfirmation(deps), POST: confirmRouteCode(deps) }],
    ['/v1/route-sessions', { POST: openRouteSession(deps) }, json],
    ['/v1/route-sessions/end', { POST: endRouteSession(deps) }, json],
    ...workloadRoutes(deps),
  ];
}

function workloadRoutes({ workloads, ...deps }: RouteDeps): Route[] {
  if (!workloads) return [];
  const { compiled, sources, metrics } = workloads;
  const { logger, now } = deps;
  const verify = createVerifyToken({ sources, now, attempted: metrics.verified });
  const openDeps = { ...deps, workloads: compiled, verify };
  const open = createOpenWorkloadSession(openDeps);
  const exchange = createExchangeToken({ ...openDeps, open });
  return [
    ['/v1/workload-sessions', { POST: startWorkloadSession({ open, metrics, logger }) }, workloadJson],
    ['/v1/workload-tokens', { POST: exchangeWorkloadToken({ exchange, metrics, logger }) }, workloadJson],
  ];
}

/** Serves a route. Other methods are refused, HEAD too: a link preview would otherwise start or complete a login. */
function serve(app: Express, [path, handlers, ...body]: Route): void {
  const methods = Object.keys(handlers);
  const handlerOf = ({ method }: Request) =>
    methods.includes(method) ? handlers[method as keyof Handlers] : undefined;
  app.all(path, (request, response, next) => {
    if (handlerOf(request)) return next();
    response.setHeader('allow', methods.join(', '));
    throw new ProblemError('method-not-allowed', `This address supports only ${methods.join(' and ')}.`);
  });
  app.all(path, ...body, (request, response, next) => handlerOf(request)!(request, response, next));
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
  for (const route of routesOf({ ...deps, events, nameEvents: createNameEvents(deps), pendingLogins, monitor }))
    serve(app, route);
  if (deps.scim) app.use('/.sallyport/scim/v2', createScimApp(deps.scim));
  app.use(() => {
    throw new ProblemError('not-found', 'There is no page at this address.');
  });
  app.use(errorPage(deps));
  return app;
}
