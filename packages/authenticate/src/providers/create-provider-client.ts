import type { ProviderClient, ProviderDeps } from './client/provider-client.ts';
import { createGithubClient } from './github/github-client.ts';
import { createOpenIdClient } from './openid/openid-client.ts';

/** Creates the client of one identity provider, for either kind of provider. */
export function createProviderClient(deps: ProviderDeps): ProviderClient {
  return deps.provider.kind === 'github' ? createGithubClient(deps) : createOpenIdClient(deps);
}
