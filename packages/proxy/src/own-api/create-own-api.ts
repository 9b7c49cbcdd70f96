import { logoPath } from '@sallyport/pages';
import express, { type ErrorRequestHandler, type Express } from 'express';
import { callerHeader, encodeCaller, ProblemError, problemHandler } from '@sallyport/kit';
import { identityKeysPath } from '../web-identity/answer-identity-keys.ts';
import { mountElevationPages } from '../elevation-pages/mount-elevation-pages.ts';
import { mountLanding } from '../landing/mount-landing.ts';
import { answerHealth } from './answer-health.ts';
import { beginSubject } from './begin-subject.ts';
import { mountAgents } from './agent-routes.ts';
import { mountAudit } from './audit-routes.ts';
import { createAuditedCall } from './audited-call.ts';
import { mountElevations } from './elevation-routes.ts';
import { mountNotifications } from './notification-routes.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import { ownClusters } from './own-clusters.ts';
import { mountPolicy } from './policy-routes.ts';
import { mountPomerium } from './pomerium-routes.ts';
import { mountServiceAccounts } from './service-account-routes.ts';
import { serveLogo } from './serve-logo.ts';
import { mountStreams } from './stream-routes.ts';
import { problemPage } from './problem-page.ts';
import { refuseUnclearRequest } from './refuse-unclear-request.ts';
import { searchOf } from './search-of.ts';
import { createRecordRefusal, withCaller } from './with-caller.ts';

const apiPrefix = '/.sallyport/api/v1';

/**
 * Creates the base of the API: one spelling of each address, and headers that keep browsers from interpreting an answer.
 */
function createBase(deps: OwnApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use((_request, response, next) => {
    response.set({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    next();
  });
  app.get(['/healthz', '/livez'], answerHealth(deps));
  app.use(refuseUnclearRequest(createRecordRefusal(deps)));
  return app;
}

function finish(app: Express, deps: OwnApiDeps, errors: ErrorRequestHandler): Express {
  const recordRefusal = createRecordRefusal(deps);
  app.use((request) => {
    const none = new ProblemError('not-found', 'There is no such page on this gateway.');
    recordRefusal(request, none);
    throw none;
  });
  app.use(errors);
  return app;
}

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
  app.all('/.sallyport/token', beginSubject(deps), deps.pages);
  app.all(
    [
      '/.sallyport/login',
      '/.sallyport/login/cancel',
      '/.sallyport/callback',
      '/.sallyport/callback/:provider',
      '/.sallyport/signed-out',
      '/.sallyport/backchannel-logout/:provider',
    ],
    deps.pages,
  );
  if (deps.identityKeys) app.get(identityKeysPath, deps.identityKeys.answerKeys);
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
