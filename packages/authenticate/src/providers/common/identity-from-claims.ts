import type { Identity } from '@sallyport/contracts';
import { checkForeignNames } from '@sallyport/directory';
import { readIdentity } from '../../identity/read-identity.ts';
import type { ProviderDeps } from './provider-deps.ts';

/** Reads the identity from verified claims of these documents, and refuses names that belong to other providers. */
export function identityFromClaims(
  { provider, foreign }: Pick<ProviderDeps, 'provider' | 'foreign'>,
  claims: object,
  documents?: readonly object[],
): Identity {
  const identity = readIdentity(provider, claims, documents);
  return foreign ? checkForeignNames(identity, foreign) : identity;
}
