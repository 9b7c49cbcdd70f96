import * as client from 'openid-client';
import type { LoginTokens } from '../../tokens/provider-tokens.ts';

/** How the provider is told who logs out, and where the browser is to come back to. */
export type EndSession = { idToken?: LoginTokens['idToken']; hint: string; returnTo: string };

/** Beyond this length some server on the way may refuse the address. */
const longestHint = 4096;

/**
 * Where a browser ends its session at the provider (OpenID Connect RP-Initiated Logout 1.0); undefined if the provider
 * has no such address.
 */
export function endSessionAddress(
  configuration: client.Configuration,
  { idToken, hint, returnTo }: EndSession,
): URL | undefined {
  if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
  const who: Record<string, string> =
    idToken !== undefined && idToken.length <= longestHint ? { id_token_hint: idToken } : { logout_hint: hint };
  return client.buildEndSessionUrl(configuration, { ...who, post_logout_redirect_uri: returnTo });
}
