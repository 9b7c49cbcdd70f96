import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { claimsOfTemplate } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { checkRequiredClaims } from '../identity/required-claims.ts';
import { copyClaims } from '../identity/copy-claims.ts';
import { configureClient } from './discover-provider.ts';
import type { ProviderDeps } from './provider-deps.ts';
import { boundFetch, type ProviderFetch } from './provider-fetch.ts';

/** The issuer of a token that is not verified yet, as the template makes it of its claims; of those alone that the operator lets in. */
async function issuerOf({ provider }: ProviderDeps, answer: Response): Promise<string> {
  const { id_token: idToken } = await answer.json() as { id_token: string };
  const claims = copyClaims(decodeJwt(idToken));
  checkRequiredClaims(provider, claims);
  const template = provider.issuerTemplate ?? '';
  return claimsOfTemplate(template).reduce((issuer, name) => issuer.replaceAll(`{${name}}`, () => String(claims[name])), template);
}

const isOtherIssuer = (error: unknown): boolean =>
  error instanceof client.ClientError && error.code === 'OAUTH_JWT_CLAIM_COMPARISON_FAILED' && error.cause instanceof Error && (error.cause.cause as { claim?: unknown } | undefined)?.claim === 'iss';

/**
 * Runs a grant at a provider that has an issuer for each tenant (`issuerTemplate`): only the answer says of which it is, so it is kept, and verified
 * as a whole as the answer of that issuer. At any other provider it just runs.
 */
export async function atTenant<T>(deps: ProviderDeps, configuration: client.Configuration, grant: (configuration: client.Configuration) => Promise<T>): Promise<T> {
  if (deps.provider.issuerTemplate === undefined) return grant(configuration);
  const metadata: client.ServerMetadata = configuration.serverMetadata();
  const fetch = boundFetch(deps.fetch);
  let answer: Response | undefined;
  const keep: ProviderFetch = async (url, options) => {
    const response = await fetch(url, options);
    if (url === metadata.token_endpoint) answer = response.clone();
    return response;
  };
  const first = await grant(configureClient({ ...deps, fetch: keep }, metadata)).catch((error: unknown) => {
    if (!answer || !isOtherIssuer(error)) throw error;
  });
  if (!answer) throw new ProblemError('login-failed', 'The identity provider gave no answer that could be verified.');
  // A refresh without an id_token names no issuer at all; who it is about is known already.
  if (first !== undefined) return first;
  const [kept, issuer] = [answer.clone(), await issuerOf(deps, answer)];
  const replay: ProviderFetch = (url, options) => (url === metadata.token_endpoint ? Promise.resolve(kept) : fetch(url, options));
  const own = configureClient({ ...deps, fetch: replay }, { ...metadata, issuer });
  const keys = client.getJwksCache(configuration);
  if (keys) client.setJwksCache(own, keys);
  const result = await grant(own);
  const fetched = client.getJwksCache(own);
  if (fetched) client.setJwksCache(configuration, fetched);
  return result;
}
