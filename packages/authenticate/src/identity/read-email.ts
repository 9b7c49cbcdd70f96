import type { ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { checkName } from '@sallyport/directory';
import { claimAt } from '@sallyport/directory';
import type { Claims } from '@sallyport/directory';

/** Exactly one @ with something on both sides: nothing for which two readers see two domains. */
const address = /^[^@\s]+@[^@\s]+$/;

function isVerified({ emailVerified: rule, emailVerifiedValues }: ProviderConfig, claim: unknown): boolean {
  if (rule === 'ignore') return true;
  return (emailVerifiedValues as unknown[]).includes(claim) || (rule === 'ifPresent' && claim === undefined);
}

/**
 * Whether people of this provider are known by their e-mail address; by whichever of its names the setting calls it.
 */
export function isNamedByEmail({ claims: { user, email } }: Pick<ProviderConfig, 'claims'>): boolean {
  return user === 'email' || user === email;
}

/**
 * The e-mail address, if the provider vouches for it as `emailVerified` asks. An unverified one is refused where it
 * would name the user, and else as good as absent.
 */
export function readEmail(provider: ProviderConfig, claims: Claims): string | undefined {
  const email = claimAt(claims, provider.claims.email);
  const namesUser = isNamedByEmail(provider);
  if (email === undefined) return undefined;
  const usable = typeof email === 'string' && address.test(email);
  if (usable && isVerified(provider, claimAt(claims, provider.claims.emailVerified)))
    return checkName('The e-mail address', email);
  if (!namesUser) return undefined;
  if (!usable) throw new ProblemError('login-failed', 'The identity provider sent an e-mail address that is none.');
  throw new ProblemError(
    'login-failed',
    'Your e-mail address is not verified at the identity provider. Verify it there and log in again.',
  );
}
