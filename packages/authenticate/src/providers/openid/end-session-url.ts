import * as client from 'openid-client';
import type { EndSessionRequest } from '../common/provider-client.ts';

/** Servers on the way may refuse URLs with a longer hint. */
const maxHintLength = 4096;

/**
 * Builds the URL of an end session request (OpenID Connect RP-Initiated Logout 1.0). Returns undefined if the provider
 * has no end session endpoint.
 */
export function buildEndSessionUrl(
  configuration: client.Configuration,
  { idToken, hint, returnTo }: EndSessionRequest,
): URL | undefined {
  if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
  const who: Record<string, string> =
    idToken !== undefined && idToken.length <= maxHintLength ? { id_token_hint: idToken } : { logout_hint: hint };
  return client.buildEndSessionUrl(configuration, { ...who, post_logout_redirect_uri: returnTo });
}
