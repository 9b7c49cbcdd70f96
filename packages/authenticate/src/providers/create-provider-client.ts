import type { ProviderClient } from './common/provider-client.ts';
import type { ProviderDeps } from './common/provider-deps.ts';
import { createGithubClient } from './github/github-client.ts';
import { createOpenIdClient } from './openid/openid-client.ts';

/** Creates the client of one identity provider, for either kind of provider. */
export function createProviderClient(deps: ProviderDeps): ProviderClient {
  return deps.provider.kind === 'github' ? createGithubClient(deps) : createOpenIdClient(deps);
}
