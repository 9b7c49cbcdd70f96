import { claimsSource as id, type ProviderConfig } from '@sallyport/contracts';
import { claimAt } from '../claims/claim-at.ts';
import { readGroups } from '../claims/read-groups.ts';
import type { GroupSource } from './group-source.ts';

/**
 * Creates the source for the claims that the provider sent at the login or the last refresh, in the id_token or from
 * UserInfo. It knows a user if there is a claim about groups.
 */
export function createClaimsSource(provider: ProviderConfig): GroupSource {
  return {
    id,
    required: false,
    lookUp: async ({ claims }) =>
      claimAt(claims, provider.claims.groups) === undefined
        ? { known: false }
        : { known: true, active: true, groups: readGroups(provider, claims) },
  };
}
