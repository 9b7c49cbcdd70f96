import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { claimsOfTemplate } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { copyClaims } from '@sallyport/directory';
import { configureClient } from './discover-provider.ts';
import { issuersOfTenants } from './tenant-issuers.ts';
import type { ProviderDeps } from '../common/provider-deps.ts';
import { boundFetch, type OutboundFetch } from '@sallyport/kit';

/**
 * The issuer of a token that is not verified yet, as the template makes it of its claims; of those tenants alone that
 * the operator lets in.
 */
function issuerOf({ provider }: ProviderDeps, idToken: string): string {
  const claims = copyClaims(decodeJwt(idToken));
  const tenant = issuersOfTenants(provider).find((one) =>
    Object.entries(one.claims).every(([name, value]) => claims[name] === value),
  );
  if (!tenant)
    throw new ProblemError(
      'login-failed',
      `People of your account's kind are not let in here: what the identity provider sent (${claimsOfTemplate(provider.issuerTemplate!).join(', ')}) names none of the tenants that are.`,
    );
  return tenant.issuer;
}

const isOtherIssuer = (error: unknown): boolean =>
  error instanceof client.ClientError &&
  error.code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' &&
  error.cause instanceof Error &&
  (error.cause.cause as { claim?: unknown } | undefined)?.claim === 'iss';

/** What of an answer is needed to know whose it is. */
async function idTokenOf(answer: Response): Promise<string | undefined> {
  const { id_token: idToken } = (await answer.json()) as { id_token?: unknown };
  return typeof idToken === 'string' ? idToken : undefined;
}

/**
 * Runs a grant at a provider that has an issuer for each tenant (`issuerTemplate`): only the answer says of which it
 * is, so it is kept, and then verified as a whole as the answer of that issuer. `named` is the issuer that the answer
 * to the browser names (RFC 9207). At any other provider the grant just runs.
 */
export async function atTenant<T>(
  deps: ProviderDeps,
  configuration: client.Configuration,
  named: string | null,
  grant: (configuration: client.Configuration) => Promise<T>,
): Promise<T> {
  if (deps.provider.issuerTemplate === undefined) return grant(configuration);
  const metadata: client.ServerMetadata = configuration.serverMetadata();
  const fetch = boundFetch(deps.fetch);
  let answer: Response | undefined;
  const keep: OutboundFetch = async (url, options) => {
    const response = await fetch(url, options);
    if (url === metadata.token_endpoint) answer = response.clone();
    return response;
  };
  const first = await grant(
    configureClient({ ...deps, fetch: keep }, { ...metadata, issuer: named ?? `urn:uuid:${randomUUID()}` }),
  ).catch((error: unknown) => {
    if (!isOtherIssuer(error)) throw error;
  });
  const kept = answer?.clone();
  const idToken = answer && (await idTokenOf(answer));
  // A refresh without an id_token names no issuer at all; who it is about is known already.
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
