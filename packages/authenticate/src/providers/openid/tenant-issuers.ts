import { randomUUID } from 'node:crypto';
import { claimsOfTemplate, type ProviderConfig } from '@sallyport/contracts';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { boundFetch, ProblemError, type OutboundFetch } from '@sallyport/kit';
import { copyClaims } from '@sallyport/directory';
import type { ProviderDeps } from '../client/provider-client.ts';
import { configureClient } from './create-discovery.ts';

type TenantIssuer = { issuer: string; claims: Readonly<Record<string, string>> };

/**
 * Returns the issuers that `issuerTemplate` stands for, each with the claims that it is built from: one for every
 * tenant that `requireClaims` allows.
 */
export function tenantIssuers({
  issuerTemplate,
  requireClaims,
}: Pick<ProviderConfig, 'issuerTemplate' | 'requireClaims'>): TenantIssuer[] {
  if (issuerTemplate === undefined) return [];
  const names = [...new Set(claimsOfTemplate(issuerTemplate))];
  return names.reduce<TenantIssuer[]>(
    (issuers, name) => {
      const values = [requireClaims[name]].flat().filter((value) => typeof value === 'string');
      return issuers.flatMap(({ issuer, claims }) =>
        values.map((value) => ({
          issuer: issuer.replaceAll(`{${name}}`, () => value),
          claims: { ...claims, [name]: value },
        })),
      );
    },
    [{ issuer: issuerTemplate, claims: {} }],
  );
}

/** Returns the issuer that the template yields for an unverified ID token, if the operator allows its tenant. */
function issuerOf({ provider }: ProviderDeps, idToken: string): string {
  const claims = copyClaims(decodeJwt(idToken));
  const tenant = tenantIssuers(provider).find((one) =>
    Object.entries(one.claims).every(([name, value]) => claims[name] === value),
  );
  if (!tenant)
    throw new ProblemError(
      'login-failed',
      `Your tenant is not allowed here. The claims from the identity provider (${claimsOfTemplate(provider.issuerTemplate!).join(', ')}) match none of the allowed tenants.`,
    );
  return tenant.issuer;
}

const isOtherIssuer = (error: unknown): boolean =>
  error instanceof client.ClientError &&
  error.code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' &&
  error.cause instanceof Error &&
  (error.cause.cause as { claim?: unknown } | undefined)?.claim === 'iss';

async function idTokenOf(tokenResponse: Response): Promise<string | undefined> {
  const { id_token: idToken } = (await tokenResponse.json()) as { id_token?: unknown };
  return typeof idToken === 'string' ? idToken : undefined;
}

/**
 * Runs a grant at a provider that has one issuer per tenant (`issuerTemplate`). Only the token response shows which
 * tenant it is, so the response is kept, and then fully verified as a response of that issuer. `named` is the `iss` of
 * the authorization response (RFC 9207). At any other provider the grant simply runs.
 */
export async function withTenantIssuer<T>(
  deps: ProviderDeps,
  configuration: client.Configuration,
  named: string | null,
  grant: (configuration: client.Configuration) => Promise<T>,
): Promise<T> {
  if (deps.provider.issuerTemplate === undefined) return grant(configuration);
  const metadata: client.ServerMetadata = configuration.serverMetadata();
  const fetch = boundFetch(deps.fetch);
  let tokenResponse: Response | undefined;
  const keep: OutboundFetch = async (url, options) => {
    const response = await fetch(url, options);
    if (url === metadata.token_endpoint) tokenResponse = response.clone();
    return response;
  };
  const first = await grant(
    configureClient({ ...deps, fetch: keep }, { ...metadata, issuer: named ?? `urn:uuid:${randomUUID()}` }),
  ).catch((error: unknown) => {
    if (!isOtherIssuer(error)) throw error;
  });
  const kept = tokenResponse?.clone();
  const idToken = tokenResponse && (await idTokenOf(tokenResponse));
  // A refresh without an ID token names no issuer, but its user is already known.
  if (kept === undefined || idToken === undefined) return first as T;
  const replay: OutboundFetch = (url, options) =>
    url === metadata.token_endpoint ? Promise.resolve(kept) : fetch(url, options);
  const own = configureClient({ ...deps, fetch: replay }, { ...metadata, issuer: issuerOf(deps, idToken) });
  const keys = client.getJwksCache(configuration);
  if (keys) client.setJwksCache(own, keys);
  const result = await grant(own);
  const fetched = client.getJwksCache(own);
  if (fetched) client.setJwksCache(configuration, fetched);
  return result;
}
