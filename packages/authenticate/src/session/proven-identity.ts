import { randomUUID } from 'node:crypto';
import { identitySchema, type Identity } from '@sallyport/contracts';
import type { TokenSealer } from '@sallyport/stores';
import { z } from 'zod';
import type { ProviderLogin } from '../providers/common/provider-client.ts';
import { openTokens, sealTokens, type LoginTokens } from '../tokens/provider-tokens.ts';

/**
 * A person, and what the session that is made for them needs of the login: on its way there it lies in the store, so
 * tokens are sealed.
 */
export const provenIdentitySchema = identitySchema.extend({
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

/** Puts together what came of a login. Without a sealer no tokens go along. */
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

/** Takes apart what a session is made of; the tokens as the provider gave them. */
export function takeProof(
  { proof, ...identity }: ProvenIdentity,
  sealer: TokenSealer | undefined,
): { identity: Identity; provenAt: number | undefined; sid: string | undefined; tokens: LoginTokens | undefined } {
  const tokens = proof?.tokens && sealer ? openTokens(sealer, proof.tokens.sealed, proof.tokens.handle) : undefined;
  return { identity, provenAt: proof?.provenAt, sid: proof?.sid, tokens };
}
