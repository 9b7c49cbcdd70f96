import type { ProviderConfig, Identity } from '@sallyport/contracts';
import { checkForeignNames } from '@sallyport/directory';
import { readIdentity } from '../../identity/read-identity.ts';
import type { ProviderClient, ProviderDeps } from './provider-client.ts';

/** Returns the name that users know a provider by. */
export const displayName = ({ id, name }: { id: string; name?: string | undefined }): string => name ?? id;

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

/** Reads the identity from verified claims of these documents, and refuses names that belong to other providers. */
export function identityFromClaims(
  { provider, foreign }: Pick<ProviderDeps, 'provider' | 'foreign'>,
  claims: object,
  documents?: readonly object[],
): Identity {
  const identity = readIdentity(provider, claims, documents);
  return foreign ? checkForeignNames(identity, foreign) : identity;
}
