import type { ProviderTokenStore, TokenSealer } from '@sallyport/stores';
import { z } from 'zod';

/** The tokens that a provider issued at a login: to refresh the session, and to identify the login at a logout. */
const providerTokensSchema = z.object({
  refreshToken: z.string().min(1).optional(),
  idToken: z.string().min(1).optional(),
});
export type ProviderTokens = z.infer<typeof providerTokensSchema>;

/** Stores the tokens of sessions, sealed. */
export type TokenStorage = { tokens: ProviderTokenStore; sealer: TokenSealer };

/** A longer ID token would not fit into the URL of an end session request, where it serves as a hint. */
const maxIdTokenLength = 16 * 1024;

/** Seals tokens for an owner. */
export function sealTokens(sealer: TokenSealer, { refreshToken, idToken }: ProviderTokens, of: string): string {
  const kept: ProviderTokens = {
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(idToken === undefined || idToken.length > maxIdTokenLength ? {} : { idToken }),
  };
  return sealer.seal(JSON.stringify(kept), of);
}

/** Opens tokens that were sealed for this owner. Returns undefined if they cannot be opened. */
export function openTokens(sealer: TokenSealer, sealed: string, of: string): ProviderTokens | undefined {
  const text = sealer.open(sealed, of);
  return text === undefined ? undefined : providerTokensSchema.safeParse(JSON.parse(text)).data;
}
