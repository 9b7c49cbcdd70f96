import { type ProviderConfig, claimsSource, serviceAccountPrefix, type Identity } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import {
  claimAt,
  type Claims,
  copyClaims,
  checkName,
  claimsToKeep,
  readGroups,
  userNameFault,
} from '@sallyport/directory';
import { isNamedByEmail, readEmail, withoutClaim } from './read-email.ts';

/** Refuses users without the claims that the operator requires, such as a tenant, a domain or a group. */
function checkRequiredClaims(provider: Pick<ProviderConfig, 'requireClaims'>, claims: Claims): void {
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

/** The longest address of a mailbox (RFC 5321, 4.5.3.1). */
const maxLength = 320;
const maxNames = 20;

/**
 * Reads the addresses that a provider has sent in any of these documents, besides the one that counts as verified. They
 * say that two accounts may belong to one person, and nothing else.
 */
function readAsserted(
  { claims: { email: path } }: Pick<ProviderConfig, 'claims'>,
  documents: readonly object[],
  verified: string | undefined,
): string[] {
  const found = documents.map(copyClaims).flatMap((claims) => [claimAt(claims, path), claimAt(claims, 'email')].flat());
  const addresses = found.filter(
    (value): value is string => typeof value === 'string' && value.includes('@') && value.length <= maxLength,
  );
  return [...new Set(addresses)].filter((address) => address !== verified).slice(0, maxNames);
}

const checkUser = (name: string) => checkName('The user name', name, userNameFault);

function readUser(provider: ProviderConfig, claims: Claims, subject: string, email: string | undefined): string {
  const path = provider.claims.user;
  const value = isNamedByEmail(provider) ? email : claimAt(claims, path);
  if (value === undefined && provider.userFallback) return checkUser(`${provider.id}:${subject}`);
  if (value === undefined)
    throw new ProblemError(
      'login-failed',
      `The identity provider did not send the claim ${path}, which is the user name here.`,
    );
  if (typeof value !== 'string')
    throw new ProblemError('login-failed', `The claim ${path}, which is the user name here, is not a string.`);
  return checkUser(`${provider.prefix.user}${checkUser(value)}`);
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];

/**
 * Reads an identity from the verified claims of a provider. Refuses (`login-failed`) ambiguous claims, and never
 * repairs names. `documents` are those from which the claims were chosen.
 */
export function readIdentity(
  provider: ProviderConfig,
  verified: object,
  documents: readonly object[] = [verified],
): Identity {
  const claims = copyClaims(verified);
  const { iss: issuer, sub: subject, name, auth_time: authTime, acr } = claims;
  if (typeof issuer !== 'string' || typeof subject !== 'string')
    throw new ProblemError('login-failed', 'The identity provider did not send your identity (iss, sub).');
  checkName('The subject', subject);
  checkRequiredClaims(provider, claims);
  const email = readEmail(provider, claims);
  const user = readUser(provider, claims, subject, email);
  if (user.startsWith('system:'))
    throw new ProblemError(
      'login-failed',
      'User names that start with system: are reserved for Kubernetes, so you cannot log in with one.',
    );
  if (user.startsWith(serviceAccountPrefix))
    throw new ProblemError(
      'login-failed',
      `User names that start with ${serviceAccountPrefix} are those of service accounts, so you cannot log in with one.`,
    );
  // An address that the provider has not verified must not influence any decision.
  const kept = claimsToKeep(
    email === undefined ? ['email', provider.claims.email].reduce(withoutClaim, claims) : claims,
  );
  const asserted = readAsserted(provider, documents, email);
  return {
    provider: provider.id,
    issuer,
    subject,
    user,
    groups: readGroups(provider, claims),
    claims: kept,
    amr: texts(claims['amr']),
    ...(email === undefined ? {} : { email }),
    ...(email === undefined || asserted.length > 0 ? { asserted } : {}),
    ...(typeof name === 'string' && name !== '' ? { name: name.slice(0, 256) } : {}),
    ...(typeof authTime === 'number' ? { authTime } : {}),
    ...(typeof acr === 'string' && acr !== '' ? { acr: acr.slice(0, 256) } : {}),
  };
}

/** Reports whether a claim is missing that UserInfo may contain (OpenID Connect Core 5.3). */
export function lacksClaims(provider: ProviderConfig, verified: object): boolean {
  const claims = copyClaims(verified);
  const byEmail = isNamedByEmail(provider);
  const wanted = [byEmail ? provider.claims.email : provider.claims.user, ...Object.keys(provider.requireClaims)];
  if (provider.groupSources.includes(claimsSource)) wanted.push(provider.claims.groups);
  if (byEmail && provider.emailVerified === 'required') wanted.push(provider.claims.emailVerified);
  return wanted.some((path) => claimAt(claims, path) === undefined);
}
