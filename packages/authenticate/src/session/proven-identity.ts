import { randomUUID } from 'node:crypto';
import { identitySchema, type Identity } from '@sallyport/contracts';
import type { TokenSealer } from '@sallyport/stores';
import { z } from 'zod';
import type { ProviderLogin } from '../providers/client/provider-client.ts';
import { openTokens, sealTokens, type ProviderTokens } from '../tokens/provider-tokens.ts';

/**
 * A user, with the results of the login that their session needs. It waits in the store until the session is created,
 * so its tokens are sealed.
 */
export const provenIdentitySchema = z.object({
  ...identitySchema.shape,
  proof: z
    .object({
      /** Milliseconds since the epoch. */
      provenAt: z.number(),
      sid: z.string().optional(),
      /** Sealed for `handle` until there is a session. */
      tokens: z.object({ handle: z.string(), sealed: z.string() }).optional(),
    })
    .optional(),
});
export type ProvenIdentity = z.infer<typeof provenIdentitySchema>;

/** Combines the results of a login. Without a sealer the tokens are left out. */
export function proveIdentity(
  { identity, sid, tokens }: ProviderLogin,
  deps: { sealer: TokenSealer | undefined; now: () => number },
): ProvenIdentity {
  const handle = `login ${randomUUID()}`;
  return {
    ...identity,
    proof: {
      provenAt: deps.now(),
      ...(sid === undefined ? {} : { sid }),
      ...(deps.sealer ? { tokens: { handle, sealed: sealTokens(deps.sealer, tokens, handle) } } : {}),
    },
  };
}

/** Splits a proven identity into the parts of a session. The tokens are opened. */
export function takeProof(
  { proof, ...identity }: ProvenIdentity,
  sealer: TokenSealer | undefined,
): { identity: Identity; provenAt: number | undefined; sid: string | undefined; tokens: ProviderTokens | undefined } {
  const tokens = proof?.tokens && sealer ? openTokens(sealer, proof.tokens.sealed, proof.tokens.handle) : undefined;
  return { identity, provenAt: proof?.provenAt, sid: proof?.sid, tokens };
}
