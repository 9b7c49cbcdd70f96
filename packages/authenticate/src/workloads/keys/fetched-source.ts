import { type OutboundFetch, createRefreshed, ProblemError, type Logger } from '@sallyport/kit';
import type { WorkloadConfig } from '@sallyport/contracts';
import { z } from 'zod';
import { fetchJson } from '../../providers/client/fetch-json.ts';
import { sanitizedError } from '../../providers/client/provider-problem.ts';
import { endpointFault } from '../../providers/openid/read-metadata.ts';
import { readKeySet, type KeySet, type KeySource } from './key-source.ts';

const metadataSchema = z.object({ issuer: z.string(), jwks_uri: z.string().max(2048) });

/** Returns the address of the keys of an issuer, from its metadata (OpenID Connect Discovery 1.0, 4). */
async function discoverKeys(fetch: OutboundFetch, issuer: string): Promise<string> {
  const document = await fetchJson(fetch, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  const { data } = metadataSchema.safeParse(document);
  if (!data) throw new Error('the metadata of the issuer is malformed');
  if (data.issuer !== issuer) throw new Error('the metadata is that of another issuer');
  const place = { issuer, discoveryUrl: undefined, allowInsecureIssuer: false, endpointHosts: [] };
  const fault = endpointFault(place, data.jwks_uri, true);
  if (fault !== undefined) throw new Error(`jwks_uri ${fault}; set jwksUri if that is right`);
  return data.jwks_uri;
}

/**
 * Creates a source whose keys are fetched: an issuer, or a SPIFFE trust domain, whose tokens are recognized by their
 * subject because they need no issuer. Unknown key IDs cause at most one fetch per pause.
 */
export function createFetchedSource(
  { issuer, spiffe, jwksUri }: Pick<WorkloadConfig, 'issuer' | 'spiffe' | 'jwksUri'>,
  deps: { fetch: OutboundFetch; now: () => number; logger: Logger; fetched(outcome: 'ok' | 'failed'): void },
): KeySource {
  const id = issuer ?? `spiffe://${spiffe!.trustDomain}`;
  const keys = createRefreshed<KeySet>({
    now: deps.now,
    async fetch() {
      try {
        const document = await fetchJson(deps.fetch, jwksUri ?? (await discoverKeys(deps.fetch, issuer!)));
        const found = readKeySet(document);
        if (!found) throw new Error('the keys are not a JWK Set');
        deps.fetched('ok');
        return found;
      } catch (error) {
        deps.fetched('failed');
        deps.logger.warn({ err: sanitizedError(error), issuer: id }, 'cannot fetch the keys of an issuer of workloads');
        throw error;
      }
    },
  });
  return {
    id,
    recognizes: ({ iss, sub }) =>
      spiffe ? typeof sub === 'string' && sub.startsWith(`spiffe://${spiffe.trustDomain}/`) : iss === issuer,
    async keyFor(keyId) {
      try {
        return (await keys.get((held) => held.has(keyId))).get(keyId);
      } catch (error) {
        throw new ProblemError(
          'identity-provider-unavailable',
          "The keys of the token's issuer cannot be fetched at the moment. Try again shortly.",
          { cause: sanitizedError(error) },
        );
      }
    },
  };
}
