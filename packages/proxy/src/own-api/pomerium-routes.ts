import type { Express } from 'express';
import type { ApiContext, ApiResult, createAuditedCall } from './audited-call.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import { ownClusters } from './own-clusters.ts';
import { withCaller } from './with-caller.ts';

/** Lists the caller's clusters in the form in which Pomerium lists routes. */
async function listRoutes(deps: OwnApiDeps, { credential }: ApiContext): Promise<ApiResult> {
  const routes = (await ownClusters(deps, credential)).map(({ name, url, host }) => ({
    id: name,
    name,
    type: 'http',
    from: host === undefined ? url : `https://${host}`,
    description: `Kubernetes cluster ${name}`,
    connect_command: '',
    logo_url: '',
  }));
  return { status: 200, body: { routes } };
}

/** Mounts what Pomerium's clients ask of a gateway, at the origin of any of its addresses. */
export function mountPomerium(app: Express, call: ReturnType<typeof createAuditedCall>, deps: OwnApiDeps): void {
  app.all('/.pomerium/api/v1/login', deps.pages);
  app.get(
    '/.pomerium/api/v1/routes',
    call(undefined, (_request, _caller, context) => listRoutes(deps, context)),
  );
  app.all(['/.pomerium', '/.pomerium/', '/.pomerium/user', '/.pomerium/sign_out'], withCaller(deps), deps.pages);
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
