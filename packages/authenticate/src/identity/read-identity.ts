import { claimsSource, serviceAccountPrefix, type Identity, type ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import {
  checkName,
  claimAt,
  claimsToKeep,
  copyClaims,
  readGroups,
  userNameFault,
  type Claims,
} from '@sallyport/directory';
import { readAsserted } from './read-asserted.ts';
import { checkRequiredClaims } from './required-claims.ts';
import { isNamedByEmail, readEmail } from './read-email.ts';
import { withoutClaim } from './without-claim.ts';

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
