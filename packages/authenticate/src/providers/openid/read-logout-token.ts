import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  jwtVerify,
  type FetchImplementation,
  type JWTPayload,
} from 'jose';
import type * as client from 'openid-client';
import type { ProviderConfig } from '@sallyport/contracts';
import { boundFetch, ProblemError, type OutboundFetch } from '@sallyport/kit';
import { z } from 'zod';
import { asymmetricAlgorithms } from '../../tokens/asymmetric-algorithms.ts';
import type { LogoutToken } from '../client/provider-client.ts';
import { tenantIssuers } from './tenant-issuers.ts';

const event = 'http://schemas.openid.net/event/backchannel-logout';
/** The token type of the specification (2.4), and the types that older providers use. */
const types = new Set([undefined, 'logout+jwt', 'application/logout+jwt', 'jwt']);
const maxAgeSeconds = 300;
const toleranceSeconds = 30;

const name = z.string().min(1).max(512);
const claimsSchema = z
  .object({
    iss: z.string(),
    jti: name,
    iat: z.number(),
    sub: name.optional(),
    sid: name.optional(),
    events: z.looseObject({ [event]: z.looseObject({}) }),
  })
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined);

const invalid = (why: string, cause?: unknown) =>
  new ProblemError(
    'bad-request',
    `The logout token is invalid: ${why}.`,
    cause instanceof Error ? { cause: new Error(cause.message) } : {},
  );

/** If there is one issuer per tenant, a tenant in the token (Entra ID: `tid`) must be the tenant of its issuer. */
function checkTenant({ claims }: { claims: Readonly<Record<string, string>> }, payload: JWTPayload): void {
  for (const [claim, value] of Object.entries(claims)) {
    if (Object.hasOwn(payload, claim) && payload[claim] !== value)
      throw invalid(`its ${claim} does not match its issuer`);
  }
}

/**
 * Creates the verifier of one provider's logout tokens (OpenID Connect Back-Channel Logout 1.0, 2.6). Fetches the keys
 * when they are first needed, and again for an unknown key at most every 30 s.
 */
export function createReadLogoutToken(deps: { provider: ProviderConfig; fetch: OutboundFetch; now: () => number }) {
  const { provider, now } = deps;
  const fetch = boundFetch(deps.fetch);
  let held: { uri: string; keys: ReturnType<typeof createRemoteJWKSet> } | undefined;
  const tenants = tenantIssuers(provider);
  const keysOf = ({ jwks_uri: uri }: client.ServerMetadata) => {
    if (uri === undefined || !(uri.startsWith('https:') || provider.allowInsecureIssuer))
      throw invalid('the provider does not publish keys');
    if (held?.uri !== uri)
      held = {
        uri,
        keys: createRemoteJWKSet(new URL(uri), {
          timeoutDuration: 5000,
          [customFetch]: fetch as unknown as FetchImplementation,
        }),
      };
    return held.keys;
  };

  return async (metadata: client.ServerMetadata, token: string): Promise<LogoutToken> => {
    const algorithms = (metadata.id_token_signing_alg_values_supported ?? ['RS256']).filter((algorithm) =>
      asymmetricAlgorithms.has(algorithm),
    );
    try {
      const { typ } = decodeProtectedHeader(token);
      if (!types.has(typ?.toLowerCase())) throw invalid('it has the wrong token type');
      const { payload } = await jwtVerify(token, keysOf(metadata), {
        issuer: provider.issuerTemplate === undefined ? metadata.issuer : tenants.map(({ issuer }) => issuer),
        audience: provider.clientId,
        algorithms,
        clockTolerance: toleranceSeconds,
        maxTokenAge: maxAgeSeconds,
        currentDate: new Date(now()),
        requiredClaims: ['iat', 'jti', 'events'],
      });
      const tenant = tenants.find(({ issuer }) => issuer === payload.iss);
      if (tenant) checkTenant(tenant, payload);
      // Checked here, because the schema strips unknown claims.
      if (Object.hasOwn(payload, 'nonce')) throw invalid('it contains a nonce, like an ID token');
      const { data } = claimsSchema.safeParse(payload);
      if (!data) throw invalid('it lacks claims of a logout token');
      return {
        issuer: data.iss,
        jti: data.jti,
        ...(data.sub === undefined ? {} : { subject: data.sub }),
        ...(data.sid === undefined ? {} : { sid: data.sid }),
        replayableUntil: (data.iat + maxAgeSeconds + toleranceSeconds + 1) * 1000,
      };
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      throw invalid('its signature, issuer, audience or time is wrong', error);
    }
  };
}
