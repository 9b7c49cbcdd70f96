import type { KafkaTokenLogin } from '@sallyport/contracts';
import { boundFetch, type OutboundFetch } from '@sallyport/kit';
import * as client from 'openid-client';
import { untrustedCertificates, KafkaLoginError } from './kafka-login-error.ts';
import type { IssuedToken } from './token-source.ts';

const timeoutSeconds = 3;
/** For a provider that does not say how long a token is valid, which RFC 6749 5.1 only recommends. */
const defaultLifetimeSeconds = 60;

const noAnswer = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

/** Says what to do about an error of the token endpoint (RFC 6749 5.2). Its text is not repeated, only known codes. */
function describeRefusal({ error, status }: client.ResponseBodyError): string {
  const code = /^[a-z_]{1,40}$/.test(error) ? error : `status ${status}`;
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return `refuses this client (${code}). Check audit.kafka.sasl: clientId, clientSecret and clientAuth`;
  if (error === 'invalid_scope') return `refuses the scope (${code}). Check audit.kafka.sasl.scope`;
  if (error === 'invalid_target') return `refuses the audience (${code}). Check audit.kafka.sasl.audience`;
  return `gives no token (${code}). Check audit.kafka.sasl, and whether this client may use the grant client_credentials`;
}

function describeFailure(error: unknown): string {
  if (error instanceof client.ResponseBodyError) return describeRefusal(error);
  if (error instanceof client.WWWAuthenticateChallengeError)
    return `refuses this client (status ${error.status}). Check audit.kafka.sasl: clientId, clientSecret and clientAuth`;
  for (let at = error as { code?: unknown; cause?: unknown } | undefined; at != null; at = at.cause as typeof at) {
    const { code } = at;
    if (typeof code !== 'string') continue;
    if (untrustedCertificates.has(code))
      return `has a certificate that is not valid for this client (${code}). Check audit.kafka.sasl: tokenUrl and caFile`;
    if (/^E[A-Z]+$/.test(code)) return `cannot be reached (${code}). Check audit.kafka.sasl.tokenUrl`;
  }
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && noAnswer.has(code)
    ? `does not answer as a token endpoint does (${code}). Check audit.kafka.sasl.tokenUrl`
    : 'cannot be asked for a token. Check audit.kafka.sasl.tokenUrl';
}

/**
 * Creates the request for a token with the client credentials grant (RFC 6749 4.4). It rejects with a KafkaLoginError
 * that says what to do and contains no secret.
 */
export function createTokenRequest(login: KafkaTokenLogin, fetch: OutboundFetch): () => Promise<IssuedToken> {
  const { tokenUrl, clientId, clientSecret, clientAuth, scope, audience } = login;
  const { origin } = new URL(tokenUrl);
  const configuration = new client.Configuration(
    { issuer: origin, token_endpoint: tokenUrl },
    clientId,
    undefined,
    clientAuth === 'post' ? client.ClientSecretPost(clientSecret) : client.ClientSecretBasic(clientSecret),
  );
  // The schema lets only addresses of this machine do without TLS.
  if (tokenUrl.startsWith('http:')) client.allowInsecureRequests(configuration);
  configuration[client.customFetch] = boundFetch(fetch) as client.CustomFetch;
  configuration.timeout = timeoutSeconds;
  const parameters = {
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
  };
  return async () => {
    try {
      const { access_token: value, expires_in: seconds } = await client.clientCredentialsGrant(
        configuration,
        parameters,
      );
      return { value, lifetimeMs: (seconds ?? defaultLifetimeSeconds) * 1000 };
    } catch (error) {
      throw new KafkaLoginError(`The token endpoint ${origin} ${describeFailure(error)}`);
    }
  };
}
