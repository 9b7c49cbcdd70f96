import type { ProviderConfig } from '@sallyport/contracts';
import type { ProviderClient } from './provider-client.ts';

/** Returns the properties of a provider client that come from the configuration alone. */
export function describeProvider({
  id,
  issuer,
  name = id,
  domains,
  ownCallback,
  refresh,
}: ProviderConfig): Pick<ProviderClient, 'id' | 'issuer' | 'name' | 'domains' | 'callbackPath' | 'refreshing'> {
  return {
    id,
    issuer,
    name,
    domains,
    callbackPath: ownCallback ? `/.sallyport/callback/${id}` : '/.sallyport/callback',
    refreshing: refresh,
  };
}
