import { claimsSource, type ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { checkName } from './check-name.ts';
import { claimAt, type Claims } from './copy-claims.ts';

/** Reports whether the claim is distributed (OpenID Connect Core 5.6.2), as some providers do for very many groups. */
function isDistributed(claims: Claims, path: string): boolean {
  const names = claimAt(claims, '_claim_names');
  return typeof names === 'object' && names !== null && Object.hasOwn(names, path);
}

/**
 * Returns the user's groups. The claim is an array of strings, or one string, which is the name of one group. Returns
 * none if the claim is missing or the provider's groups do not come from claims.
 */
export function readGroups(provider: ProviderConfig, claims: Claims): string[] {
  if (!provider.groupSources.includes(claimsSource)) return [];
  const path = provider.claims.groups;
  const value = claimAt(claims, path);
  if (value === undefined && isDistributed(claims, path)) {
    throw new ProblemError(
      'login-failed',
      'The identity provider sent a reference instead of the groups, as it does for users in very many groups. Configure it to send only the groups assigned to this client.',
    );
  }
  const groups = value === undefined ? [] : typeof value === 'string' ? [value] : value;
  if (!Array.isArray(groups) || !groups.every((group) => typeof group === 'string')) {
    throw new ProblemError('login-failed', `The claim ${path} must be a list of strings or one string.`);
  }
  return [
    ...new Set(groups.map((group) => checkName('A group', `${provider.prefix.groups}${checkName('A group', group)}`))),
  ];
}
