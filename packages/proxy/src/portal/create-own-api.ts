import { gatewayChallenge, workloadSource } from '@sallyport/contracts';
import { apiPrefix } from '@sallyport/contracts/api';
import { problemHandler } from '@sallyport/kit';
import { logoPath } from '@sallyport/pages';
import type { Express } from 'express';
import { identityKeysPath } from '../web-identity/identity-key-ring.ts';
import { openAuditStream, sendAuditStream } from './api/audit-stream.ts';
import { createCanI } from './api/can-i.ts';
import { ownClusters } from './calls/ask-reach.ts';
import { createChangeStream, sendChangeStream } from './api/change-stream.ts';
import { exchangeToken } from './api/exchange-token.ts';
import { createElevatedRights } from './api/elevated-rights.ts';
import { createExplain } from './api/explain.ts';
import { createMountCall, type MountCall } from './api/mount-call.ts';
import { mountPassedCalls, seesPolicy } from './api/passed-calls.ts';
import { mountPomerium } from './api/pomerium-routes.ts';
import { createRecordings, sendRecordingFile } from './api/recordings.ts';
import { createRights } from './api/rights.ts';
import { createWatchStream, sendWatched } from './api/watch-stream.ts';
import { createPreviewElevation } from './api/preview-elevation.ts';
import { createBase, finish } from './calls/api-base.ts';
import { createAuditedCall } from './calls/audited-call.ts';
import type { PortalDeps } from './calls/portal-deps.ts';
import { withCaller } from './calls/with-caller.ts';
import { mountInstall } from './install/mount-install.ts';
import { buildOpenApi } from './openapi/build-openapi.ts';
import { mountConsole } from './pages/console-page.ts';
import { mountElevationPages } from './pages/elevation-pages.ts';
import { mountLanding } from './pages/mount-landing.ts';
import { nameRoute } from './pages/name-route.ts';
import { mountRecordingPages } from './pages/recording-pages.ts';
import { problemPage } from './pages/problem-page.ts';
import { serveLogo } from './pages/serve-logo.ts';

/**
 * Creates the application that answers on the gateway's own host: health, the gateway's pages, those of authenticate,
 * and the API.
 */
export function createOwnApi(deps: PortalDeps): Express {
  const app = createBase(deps);
  const call = createAuditedCall(deps);
  // A device has no session yet. Authenticate decides about its requests.
  app.all([`${apiPrefix}/device/code`, `${apiPrefix}/device/token`], deps.toAuthenticate);
  mountApi(createMountCall(app, call), deps);
  mountLanding(app, call, deps);
  mountInstall(app, deps);
  mountElevationPages(app, call, deps);
  mountRecordingPages(app, call, deps);
  mountConsole(app, call, deps);
  mountPomerium(app, call, deps);
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
    deps.toAuthenticate,
  );
  if (deps.identityKeys) app.get(identityKeysPath, deps.identityKeys.answerKeys);
  // Only the gateway knows its routes. Authenticate is told where the browser may go back to.
  app.get('/.sallyport/route/:host/:challenge/:tab', nameRoute(deps), deps.toAuthenticate);
  app.all('/.sallyport/route-confirmation/:id', deps.toAuthenticate);
  if (deps.logo) app.get(logoPath, serveLogo(deps.logo));
  // A SCIM client has its own kind of token, which authenticate checks.
  if (deps.scim) app.all('/.sallyport/scim/v2/*path', deps.scim);
  // So has the API server of a cluster, which the audit service checks.
  if (deps.auditWebhook) app.post('/.sallyport/audit/:cluster', deps.auditWebhook);
  app.all(['/.sallyport/me', '/.sallyport/logout', '/.sallyport/device'], withCaller(deps), deps.toAuthenticate);
  return finish(app, deps, problemPage(deps));
}

/**
 * Creates the part of the API that is served on the host of a cluster, where Pomerium's clients expect it. Cookies do
 * not count there, because the cluster's own pages share the origin.
 */
export function createClusterHostApi(deps: PortalDeps): Express {
  const app = createBase(deps);
  app.use((request, _response, next) => {
    delete request.headers.cookie;
    next();
  });
  mountPomerium(app, createAuditedCall(deps), deps);
  // Pages there would load the logo from the cluster, and link to it.
  return finish(app, deps, problemHandler({ logger: deps.logger, challenge: gatewayChallenge }));
}

/** Mounts the API of the command line. */
function mountApi(mount: MountCall, deps: PortalDeps): void {
  let document: object | undefined;
  mount('GET /openapi.json', async () => ({ status: 200, body: (document ??= buildOpenApi()) }));
  mount('GET /rights', createRights(deps));
  mount('GET /clusters', async (_request, _caller, { credential }) => ({
    status: 200,
    body: { clusters: await ownClusters(deps, credential) },
  }));
  mount('GET /connectors', async (_request, caller) => {
    seesPolicy(caller);
    return { status: 200, body: { connectors: (await deps.connectorStates?.()) ?? [] } };
  });
  mount('GET /workloads', async (_request, caller) => {
    seesPolicy(caller);
    const workloads = deps.workloadEntries?.map((one) => {
      return { name: one.name, source: workloadSource(one), user: one.user, groups: one.groups };
    });
    return { status: 200, body: { workloads: workloads ?? [] } };
  });
  mount('GET /changes', createChangeStream(deps), sendChangeStream);
  mount('POST /policy/explain', createExplain(deps));
  mount('POST /policy/can-i', createCanI(deps));
  mount('POST /elevations/dry-run', createPreviewElevation(deps));
  mount('GET /elevations/:id/rights', createElevatedRights(deps));
  for (const kind of ['tail', 'export'] as const)
    mount(`GET /audit/${kind}`, openAuditStream(deps, kind), sendAuditStream(deps.logger));
  const recordings = createRecordings(deps);
  mount('GET /recordings', recordings.list);
  mount('GET /recordings/:id', recordings.show);
  mount('GET /recordings/:id/files/:name', recordings.file, sendRecordingFile(deps.logger));
  mount('GET /streams/:id/watch', createWatchStream(deps, recordings.visible), sendWatched(deps.logger));
  mountPassedCalls(mount, deps);
}
