import type { ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { claimAt } from '@sallyport/directory';
import type { Claims } from '@sallyport/directory';

/** Refuses users without the claims that the operator requires, such as a tenant, a domain or a group. */
export function checkRequiredClaims(provider: Pick<ProviderConfig, 'requireClaims'>, claims: Claims): void {
  for (const [path, wanted] of Object.entries(provider.requireClaims)) {
    const allowed: unknown[] = [wanted].flat();
    const value = claimAt(claims, path);
    const has = Array.isArray(value) ? value.some((item) => allowed.includes(item)) : allowed.includes(value);
    if (!has)
      throw new ProblemError(
        'login-failed',
        `Your account is not allowed here. The claim ${path} from the identity provider does not have an allowed value.`,
      );
  }
}
