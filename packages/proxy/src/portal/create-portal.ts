import { logoPath } from '@sallyport/pages';
import type { Express } from 'express';
import { callerHeader, encodeCaller, problemHandler, spanOf } from '@sallyport/kit';
import { identityKeysPath } from '../web-identity/identity-key-ring.ts';
import { mountElevationPages } from './pages/mount-elevation-pages.ts';
import { mountLanding } from './pages/mount-landing.ts';
import { mountAgents } from './api/agent-routes.ts';
import { mountAudit } from './api/audit-routes.ts';
import { createAuditedCall } from './calls/audited-call.ts';
import { mountElevations } from './api/elevation-routes.ts';
import { exchangeToken } from './api/exchange-token.ts';
import { mountNotifications } from './api/notification-routes.ts';
import type { OwnApiDeps } from './calls/portal-deps.ts';
import { ownClusters } from './api/cluster-list.ts';
import { mountPolicy } from './api/policy-routes.ts';
import { mountPomerium } from './api/pomerium-routes.ts';
import { nameRoute } from './pages/name-route.ts';
import { mountServiceAccounts } from './api/service-account-routes.ts';
import { problemPage } from './pages/problem-page.ts';
import { serveLogo } from './pages/serve-logo.ts';
import { mountStreams } from './api/stream-routes.ts';
import { createBase, finish } from './calls/api-base.ts';
import { searchOf } from './calls/read-body.ts';
import { withCaller } from './calls/with-caller.ts';

const apiPrefix = '/.sallyport/api/v1';

/** Creates everything on the gateway that is not a cluster: health, the pages of authenticate, and the CLI's API. */
export function createOwnApi(deps: OwnApiDeps): Express {
  const app = createBase(deps);
  // A device has no session yet. Authenticate decides about its requests.
  app.all([`${apiPrefix}/device/code`, `${apiPrefix}/device/token`], deps.pages);
  mountApi(app, deps);
  const { landing } = deps;
  if (landing) {
    mountLanding(app, createAuditedCall(deps), { ...deps, landing });
    mountElevationPages(app, createAuditedCall(deps), { ...deps, landing });
  }
  mountPomerium(app, createAuditedCall(deps), deps);
  app.post('/.sallyport/token', exchangeToken(deps));
  app.all(
    [
      '/.sallyport/login',
      '/.sallyport/login/cancel',
      '/.sallyport/callback',
      '/.sallyport/callback/:provider',
      '/.sallyport/token',
      '/.sallyport/signed-out',
      '/.sallyport/backchannel-logout/:provider',
    ],
    deps.pages,
  );
  if (deps.identityKeys) app.get(identityKeysPath, deps.identityKeys.answerKeys);
  // Only the gateway knows its routes. Authenticate is told where the browser may go back to.
  app.get('/.sallyport/route/:host/:challenge/:tab', nameRoute(deps), deps.pages);
  app.all('/.sallyport/route-confirmation/:id', deps.pages);
  if (deps.logo) app.get(logoPath, serveLogo(deps.logo));
  // A SCIM client has its own kind of token, which authenticate checks.
  if (deps.scim) app.all('/.sallyport/scim/v2/*path', deps.scim);
  // So has the API server of a cluster, which the audit service checks.
  if (deps.auditWebhook) app.post('/.sallyport/audit/:cluster', deps.auditWebhook);
  app.all(['/.sallyport/me', '/.sallyport/logout', '/.sallyport/device'], withCaller(deps), deps.pages);
  return finish(app, deps, problemPage(deps));
}

/**
 * Creates the part of the API that is served on the host of a cluster, where Pomerium's clients expect it. Cookies do
 * not count there, because the cluster's own pages share the origin.
 */
export function createClusterHostApi(deps: OwnApiDeps): Express {
  const app = createBase(deps);
  app.use((request, _response, next) => {
    delete request.headers.cookie;
    next();
  });
  mountPomerium(app, createAuditedCall(deps), deps);
  // Pages there would load the logo from the cluster, and link to it.
  return finish(app, deps, problemHandler(deps));
}

function mountApi(app: Express, deps: OwnApiDeps): void {
  const call = createAuditedCall(deps);
  app.get(
    `${apiPrefix}/clusters`,
    call(undefined, async (_request, _caller, { credential }) => ({
      status: 200,
      body: { clusters: await ownClusters(deps, credential) },
    })),
  );
  app.get(
    `${apiPrefix}/sessions`,
    call('sessions', (request, caller) =>
      deps.authenticate.request({
        method: 'GET',
        path: `/v1/sessions${searchOf(request)}`,
        headers: { [callerHeader]: encodeCaller(caller) },
        timeoutMs: 10_000,
        span: spanOf(request),
      }),
    ),
  );
  app.delete(
    `${apiPrefix}/sessions`,
    call('sessions', (request, caller) =>
      deps.authenticate.request({
        method: 'DELETE',
        path: `/v1/sessions${searchOf(request)}`,
        headers: { [callerHeader]: encodeCaller(caller) },
        timeoutMs: 30_000,
        span: spanOf(request),
      }),
    ),
  );
  app.delete(
    `${apiPrefix}/sessions/:id`,
    call('sessions', (request, caller) =>
      deps.authenticate.request({
        method: 'DELETE',
        path: `/v1/sessions/${encodeURIComponent(String(request.params.id))}`,
        headers: { [callerHeader]: encodeCaller(caller) },
        // The session ends at once. The answer waits until that is recorded.
        timeoutMs: 10_000,
        span: spanOf(request),
      }),
    ),
  );
  mountAudit(app, apiPrefix, call, deps);
  mountPolicy(app, apiPrefix, call, deps);
  mountStreams(app, apiPrefix, call, deps);
  mountElevations(app, apiPrefix, call, deps);
  mountAgents(app, apiPrefix, call, deps);
  mountServiceAccounts(app, apiPrefix, call, deps);
  mountNotifications(app, apiPrefix, call, deps);
}
