import type { ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { claimAt } from '@sallyport/directory';
import type { Claims } from '@sallyport/directory';

/**
 * Refuses people whose claims are not those that the operator asks for: of another tenant, another domain, in none of
 * the groups.
 */
export function checkRequiredClaims(provider: Pick<ProviderConfig, 'requireClaims'>, claims: Claims): void {
  for (const [path, wanted] of Object.entries(provider.requireClaims)) {
    const allowed: unknown[] = [wanted].flat();
    const value = claimAt(claims, path);
    const has = Array.isArray(value) ? value.some((item) => allowed.includes(item)) : allowed.includes(value);
    if (!has)
      throw new ProblemError(
        'login-failed',
        `People of your account's kind are not let in here: the claim ${path} that the identity provider sent is none of those that are.`,
      );
  }
}
