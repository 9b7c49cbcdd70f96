import type { ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { checkName } from './check-name.ts';
import type { Claims } from './copy-claims.ts';

/** Exactly one @ with something on both sides: nothing for which two readers see two domains. */
const address = /^[^@\s]+@[^@\s]+$/;

function isVerified(rule: ProviderConfig['emailVerified'], claim: unknown): boolean {
  if (rule === 'ignore') return true;
  return claim === true || (rule === 'ifPresent' && claim === undefined);
}

/**
 * The e-mail address, if the provider vouches for it as `emailVerified` asks. An unverified one is refused where it would name the user,
 * and else as good as absent.
 */
export function readEmail(provider: ProviderConfig, claims: Claims): string | undefined {
  const { email } = claims;
  const namesUser = provider.claims.user === 'email';
  if (email === undefined || email === null) return undefined;
  const usable = typeof email === 'string' && address.test(email);
  if (usable && isVerified(provider.emailVerified, claims['email_verified'] ?? undefined)) return checkName('The e-mail address', email);
  if (!namesUser) return undefined;
  if (!usable) throw new ProblemError('login-failed', 'The identity provider sent an e-mail address that is none.');
  throw new ProblemError('login-failed', 'Your e-mail address is not verified at the identity provider. Verify it there and log in again.');
}
