import * as client from 'openid-client';
import type { ProviderConfig } from '@sallyport/contracts';
import { boundFetch, type ProviderFetch } from './provider-fetch.ts';
import { providerProblem } from './provider-problem.ts';

const timeoutSeconds = 5;
const freshMs = 3_600_000;
const retryMs = 1000;

/** RFC 6749 2.3.1 or the older form in the body, whichever the provider says it takes; basic if it says nothing. */
function clientAuthentication(secret: string | undefined): client.ClientAuth {
  if (secret === undefined) return client.None();
  const [basic, post] = [client.ClientSecretBasic(secret), client.ClientSecretPost(secret)];
  return (server, ...rest) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...rest);
  };
}

async function discover(provider: ProviderConfig, fetch: ProviderFetch): Promise<client.Configuration> {
  const attempt = (issuer: string) => client.discovery(
    new URL(issuer), provider.clientId, { client_secret: provider.clientSecret, [client.clockTolerance]: 30 }, clientAuthentication(provider.clientSecret),
    {
      // Without it the id_token's signature would not be looked at, as TLS alone satisfies the standard.
      execute: [client.enableNonRepudiationChecks, ...(provider.allowInsecureIssuer ? [client.allowInsecureRequests] : [])],
      [client.customFetch]: boundFetch(fetch) as client.CustomFetch,
      timeout: timeoutSeconds,
    },
  );
  try {
    return await attempt(provider.issuer);
  } catch (error) {
    // Some issuers end in a slash, which the configuration does not keep; no other difference is overlooked.
    if (error instanceof client.ClientError && error.code === 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED') return attempt(`${provider.issuer}/`);
    throw error;
  }
}

/**
 * What the provider says of itself, asked for when it is first needed and again after an hour. Many askers share one call; after a failure the next
 * call waits a second. An older answer serves on while the provider is away.
 */
export function createDiscovery(deps: { provider: ProviderConfig; fetch: ProviderFetch; now: () => number }): () => Promise<client.Configuration> {
  const { provider, fetch, now } = deps;
  let held: { configuration: client.Configuration; until: number } | undefined;
  let flight: Promise<client.Configuration> | undefined;
  let failure: { error: unknown; until: number } | undefined;

  const ask = async () => {
    try {
      const configuration = await discover(provider, fetch);
      held = { configuration, until: now() + freshMs };
      failure = undefined;
      return configuration;
    } catch (error) {
      failure = { error: providerProblem(provider.id, error), until: now() + retryMs };
      if (held) return held.configuration;
      throw failure.error;
    } finally {
      flight = undefined;
    }
  };

  return async () => {
    if (held && now() < held.until) return held.configuration;
    if (failure && now() < failure.until) {
      if (held) return held.configuration;
      throw failure.error;
    }
    flight ??= ask();
    return flight;
  };
}
