import type { Express } from 'express';
import { askReach } from '../calls/ask-reach.ts';
import type { ApiContext, ApiResult, AuditedCall } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { withCaller } from '../calls/with-caller.ts';

type PomeriumRoute = { id: string; name: string; from: string; description: string };

/** Lists the caller's clusters and web applications in the form in which Pomerium lists routes. */
async function listRoutes(deps: PortalDeps, { credential }: ApiContext): Promise<ApiResult> {
  const applications = deps.applications?.() ?? [];
  const reach = await askReach(deps, credential, { routes: applications.length > 0 });
  const ofClusters = deps
    .clusters()
    .filter(({ name }) => reach.clusters.has(name))
    .map(({ name, url, host }): PomeriumRoute => {
      const from = host === undefined ? url : `https://${host}`;
      return { id: name, name, from, description: `Kubernetes cluster ${name}` };
    });
  // A cluster may have the name of an application or of its host, so its origin is the id.
  const ofApplications = applications
    .filter(({ host }) => reach.routes.has(host))
    .map(({ name, host, origin }): PomeriumRoute => {
      return { id: origin, name: name ?? host, from: origin, description: `Web application ${host}` };
    });
  const routes = [...ofClusters, ...ofApplications].map(({ id, name, ...rest }) => {
    return { id, name, type: 'http', ...rest, connect_command: '', logo_url: '' };
  });
  return { status: 200, body: { routes } };
}

/** Mounts what Pomerium's clients ask of a gateway, at the origin of any of its addresses. */
export function mountPomerium(app: Express, call: AuditedCall, deps: PortalDeps): void {
  app.all('/.pomerium/api/v1/login', deps.toAuthenticate);
  app.get(
    '/.pomerium/api/v1/routes',
    call(undefined, (_request, _caller, context) => listRoutes(deps, context)),
  );
  app.all(
    ['/.pomerium', '/.pomerium/', '/.pomerium/user', '/.pomerium/sign_out'],
    withCaller(deps),
    deps.toAuthenticate,
  );
  const { pomerium, identityKeys } = deps;
  // Applications that came from Pomerium look for the keys of their users' identities here, and clients for those of tokens.
  if (pomerium || identityKeys)
    app.get(
      '/.well-known/pomerium/jwks.json',
      (_request, response) =>
        void response.json({
          keys: [...(pomerium?.tokens.jwks() ?? []), ...(identityKeys?.keys.published().map(({ jwk }) => jwk) ?? [])],
        }),
    );
  if (!pomerium) return;
  const { gatewayOrigin, loginOrigin } = pomerium;
  app.get(
    '/.well-known/pomerium',
    (_request, response) =>
      void response.json({
        issuer: gatewayOrigin,
        authentication_callback_endpoint: `${loginOrigin}/.sallyport/callback`,
        jwks_uri: `${gatewayOrigin}/.well-known/pomerium/jwks.json`,
        frontchannel_logout_uri: `${gatewayOrigin}/.pomerium/sign_out`,
      }),
  );
}
