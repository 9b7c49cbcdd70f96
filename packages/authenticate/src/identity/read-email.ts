import { type Claims, checkName, claimAt } from '@sallyport/directory';
import type { ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

const isMap = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a copy without the claim that `claimAt` finds at this path. */
export function withoutClaim(claims: Claims, path: string): Claims {
  const copy = Object.assign(Object.create(null) as Claims, claims);
  delete copy[path];
  const [first = '', ...rest] = path.split('.');
  const below = copy[first];
  if (rest.length > 0 && isMap(below)) copy[first] = withoutClaim(below, rest.join('.'));
  return copy;
}

/** Exactly one @ with text on both sides, so that two readers cannot see two different domains. */
const address = /^[^@\s]+@[^@\s]+$/;

function isVerified({ emailVerified: rule, emailVerifiedValues }: ProviderConfig, claim: unknown): boolean {
  if (rule === 'ignore') return true;
  return (emailVerifiedValues as unknown[]).includes(claim) || (rule === 'ifPresent' && claim === undefined);
}

/** Reports whether this provider's users are named by their email address, under either name of that claim. */
export function isNamedByEmail({ claims: { user, email } }: Pick<ProviderConfig, 'claims'>): boolean {
  return user === 'email' || user === email;
}

/**
 * Reads the email address, if the provider has verified it as `emailVerified` requires. An unverified address is
 * refused if it would name the user, and ignored otherwise.
 */
export function readEmail(provider: ProviderConfig, claims: Claims): string | undefined {
  const email = claimAt(claims, provider.claims.email);
  const namesUser = isNamedByEmail(provider);
  if (email === undefined) return undefined;
  const usable = typeof email === 'string' && address.test(email);
  if (usable && isVerified(provider, claimAt(claims, provider.claims.emailVerified)))
    return checkName('The email address', email);
  if (!namesUser) return undefined;
  if (!usable) throw new ProblemError('login-failed', 'The identity provider sent an invalid email address.');
  throw new ProblemError(
    'login-failed',
    'Your email address is not verified at the identity provider. Verify it there, then log in again.',
  );
}
