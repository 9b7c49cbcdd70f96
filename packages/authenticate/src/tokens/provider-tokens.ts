import type { TokenSealer } from '@sallyport/stores';
import { z } from 'zod';

/**
 * What a provider gave at a login, beside the identity: to ask again, and to name the login when it is to end there.
 */
export const loginTokensSchema = z.object({
  refreshToken: z.string().min(1).optional(),
  idToken: z.string().min(1).optional(),
});
export type LoginTokens = z.infer<typeof loginTokensSchema>;

/** An id_token is only kept to be shown again, as a hint; one of this size would fit into no address. */
const longestIdToken = 16 * 1024;

/** Seals tokens for an owner. */
export function sealTokens(sealer: TokenSealer, { refreshToken, idToken }: LoginTokens, of: string): string {
  const kept: LoginTokens = {
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(idToken === undefined || idToken.length > longestIdToken ? {} : { idToken }),
  };
  return sealer.seal(JSON.stringify(kept), of);
}

/** Opens what was sealed for this owner; undefined if it cannot be. */
export function openTokens(sealer: TokenSealer, sealed: string, of: string): LoginTokens | undefined {
  const text = sealer.open(sealed, of);
  return text === undefined ? undefined : loginTokensSchema.safeParse(JSON.parse(text)).data;
}
