import * as client from 'openid-client';
import { boundFetch } from '@sallyport/kit';
import { displayName } from '../client/describe-provider.ts';
import { fetchJson } from '../client/fetch-json.ts';
import type { ProviderDeps } from '../client/provider-client.ts';
import { providerProblem, unreachable } from '../client/provider-problem.ts';
import { clientAuthentication } from './client-authentication.ts';
import { readMetadata } from './read-metadata.ts';

const timeoutSeconds = 5;
const freshMs = 3_600_000;
const retryMs = 1000;

/** Creates the configuration with which openid-client talks to this provider. */
export function configureClient(
  { provider, fetch, clientKey }: Omit<ProviderDeps, 'now'>,
  metadata: client.ServerMetadata,
): client.Configuration {
  const configuration = new client.Configuration(
    metadata,
    provider.clientId,
    { client_secret: provider.clientSecret, [client.clockTolerance]: 30 },
    clientAuthentication(provider, clientKey),
  );
  // Otherwise the signature of ID tokens is not verified, because the standard accepts TLS alone.
  client.enableNonRepudiationChecks(configuration);
  if (provider.allowInsecureIssuer) client.allowInsecureRequests(configuration);
  configuration[client.customFetch] = boundFetch(fetch) as client.CustomFetch;
  configuration.timeout = timeoutSeconds;
  return configuration;
}

async function discover(deps: ProviderDeps): Promise<client.Configuration> {
  const { provider, fetch } = deps;
  // Any failure before there is a readable response means that the provider is unavailable.
  const url = provider.discoveryUrl ?? `${provider.issuer}/.well-known/openid-configuration`;
  const body = await fetchJson(fetch, url, 'discovery').catch((error: unknown) => {
    throw unreachable(displayName(provider), error);
  });
  return configureClient(deps, readMetadata(provider, body));
}

/**
 * Creates the discovery of a provider. Metadata is fetched when it is first needed, and again after an hour. Concurrent
 * callers share one request, and after a failure the next request waits a second. While the provider is unavailable,
 * the old metadata stays in use.
 */
export function createDiscovery(deps: ProviderDeps): () => Promise<client.Configuration> {
  const { provider, now } = deps;
  let held: { configuration: client.Configuration; until: number } | undefined;
  let flight: Promise<client.Configuration> | undefined;
  let failure: { error: unknown; until: number } | undefined;

  const fetchAgain = async () => {
    try {
      const configuration = await discover(deps);
      held = { configuration, until: now() + freshMs };
      failure = undefined;
      return configuration;
    } catch (error) {
      failure = { error: providerProblem(displayName(provider), error), until: now() + retryMs };
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
    flight ??= fetchAgain();
    return flight;
  };
}
