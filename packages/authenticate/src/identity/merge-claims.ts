import { isDeepStrictEqual } from 'node:util';
import type { ProviderConfig, Identity } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { claimAt, aboutToken, copyClaims, type Claims } from '@sallyport/directory';
import { isNamedByEmail, withoutClaim } from './read-email.ts';

/**
 * Claims that are only meaningful together, and so are taken from one source. A source is complete if it has all of
 * `whole`.
 */
type ClaimGroup = { members: ReadonlySet<string>; whole: readonly string[]; aboutEmail: boolean };

/** Returns the members in which `claimAt` may find a claim. */
const membersOf = (path: string): string[] => [path, path.split('.', 1)[0]!];

function group(whole: readonly string[], also: readonly string[] = [], aboutEmail = false): ClaimGroup {
  return { members: new Set([...whole, ...also].flatMap(membersOf)), whole, aboutEmail };
}

/** Joins two groups. A source with the email address and its verification is complete, whatever else joins them. */
function join(a: ClaimGroup, b: ClaimGroup): ClaimGroup {
  const whole = a.aboutEmail ? a.whole : b.aboutEmail ? b.whole : [...a.whole, ...b.whole];
  return { members: new Set([...a.members, ...b.members]), whole, aboutEmail: a.aboutEmail || b.aboutEmail };
}

/** Joins groups that share a member. */
function withoutOverlap(groups: readonly ClaimGroup[]): ClaimGroup[] {
  return groups.reduce<ClaimGroup[]>((disjoint, next) => {
    const overlaps = (one: ClaimGroup) => [...one.members].some((member) => next.members.has(member));
    return [...disjoint.filter((one) => !overlaps(one)), disjoint.filter(overlaps).reduce(join, next)];
  }, []);
}

/** Returns the claim groups of a provider. Every other claim is on its own. */
function claimGroups({
  claims: { email, emailVerified, groups },
  emailVerified: rule,
}: Pick<ProviderConfig, 'claims' | 'emailVerified'>): ClaimGroup[] {
  return withoutOverlap([
    group(rule === 'ignore' ? [email] : [email, emailVerified], [emailVerified], true),
    group(['email', 'email_verified']),
    // OpenID Connect Core 5.6.2 and Entra ID: members that refer to groups stored elsewhere.
    group([groups], ['groups', '_claim_names', '_claim_sources', 'hasgroups']),
  ]);
}

/**
 * The sources of a user's claims: the new ID token and UserInfo, and the last ID token if there is no new one. `known`
 * are the claims of the current identity, if they are known.
 */
type ClaimSources = {
  idToken?: object;
  userInfo?: object;
  lastIdToken?: object;
  known?: Pick<Identity, 'email' | 'claims'>;
};

/**
 * Only ID tokens are about the authentication. UserInfo (OpenID Connect Core 5.3) is about a user, not about a login.
 */
const aboutAuthentication = new Set(['acr', 'amr', 'auth_time']);

const has = (source: Claims, path: string) => claimAt(source, path) !== undefined;
const hasAny = (source: Claims, { members }: ClaimGroup) =>
  [...members].some((member) => Object.hasOwn(source, member));
const hasAll = (source: Claims, { whole }: ClaimGroup) => whole.every((path) => has(source, path));

function withoutTokenClaims(userInfo: Claims): Claims {
  for (const name of [...aboutToken, ...aboutAuthentication]) delete userInfo[name];
  return userInfo;
}

/** Reports whether the address and its verification come from different sources. */
function isSplit(
  { claims: { email, emailVerified }, emailVerified: rule }: ProviderConfig,
  sources: readonly Claims[],
): boolean {
  return (
    rule !== 'ignore' &&
    sources.some((source) => has(source, email)) &&
    sources.some((source) => has(source, emailVerified))
  );
}

/** Reports whether a source has the address and claims of the last ID token, apart from the verification. */
function isSameAs(
  last: Claims,
  { claims: { email, emailVerified } }: ProviderConfig,
  source: Claims,
  { members }: ClaimGroup,
): boolean {
  const [is, was] = [source, last].map((document) => withoutClaim(document, emailVerified)) as [Claims, Claims];
  return (
    has(source, email) &&
    claimAt(source, email) === claimAt(last, email) &&
    [...members].every((member) => !Object.hasOwn(is, member) || isDeepStrictEqual(is[member], was[member]))
  );
}

/** Chooses the source of the address if none is complete. Undefined if the address cannot be trusted. */
function chooseEmailSource(
  provider: ProviderConfig,
  sources: readonly Claims[],
  last: Claims,
  group: ClaimGroup,
): Claims | undefined {
  const { email, emailVerified } = provider.claims;
  if (isSplit(provider, sources)) {
    if (!isNamedByEmail(provider)) return undefined;
    throw new ProblemError(
      'login-failed',
      'The identity provider sent your email address and its verification separately (one in the ID token, one in UserInfo). Both must come from the same source, and the address must be verified.',
    );
  }
  const named = sources.find((source) => has(source, email)) ?? sources[0]!;
  // The same address without its verification: the earlier pair of address and verification still applies.
  return isSameAs(last, provider, named, group) && !sources.some((source) => has(source, emailVerified)) ? last : named;
}

/**
 * Chooses the source of a claim group: the first current source that is complete, or else the first that has any of its
 * claims. If there is none, the last ID token.
 */
function chooseSource(
  provider: ProviderConfig,
  group: ClaimGroup,
  now: readonly Claims[],
  last: Claims,
): Claims | undefined {
  const sources = now.filter((source) => hasAny(source, group));
  if (sources.length === 0) return last;
  const complete = sources.find((source) => hasAll(source, group));
  if (complete) return complete;
  return group.aboutEmail ? chooseEmailSource(provider, sources, last, group) : sources[0];
}

/**
 * Returns the members of the last ID token that no longer apply, because the provider has since changed or removed
 * them. They do not come back when the provider later omits them. The comparison ignores the verification and an
 * address that is not trusted, which is not part of the known claims.
 */
function outdated(
  provider: ProviderConfig,
  last: Claims,
  known: ClaimSources['known'],
  groups: readonly ClaimGroup[],
): Set<string> {
  if (known === undefined) return new Set();
  const { email, emailVerified } = provider.claims;
  const [was, is] = [last, copyClaims(known.claims)].map((claims) =>
    ['email', email, 'email_verified', emailVerified].reduce(withoutClaim, claims),
  ) as [Claims, Claims];
  const names = Object.keys(last).filter((name) => !aboutToken.has(name) && !isDeepStrictEqual(was[name], is[name]));
  const replaced = groups.filter(
    ({ members, aboutEmail }) =>
      (aboutEmail && claimAt(last, email) !== known.email) || names.some((name) => members.has(name)),
  );
  return new Set([...names, ...replaced.flatMap(({ members }) => [...members])]);
}

/**
 * Merges the claims of a user. Signed claims (ID token) win over unsigned ones (UserInfo), and new claims over old
 * ones. Claims that are only meaningful together, such as an address and its verification, come from one source as a
 * whole.
 */
export function mergeClaims(
  provider: ProviderConfig,
  { idToken = {}, userInfo = {}, lastIdToken = {}, known }: ClaimSources,
): Claims {
  const now = [copyClaims(idToken), withoutTokenClaims(copyClaims(userInfo))];
  const last = copyClaims(lastIdToken);
  const groups = claimGroups(provider);
  for (const member of outdated(provider, last, known, groups)) delete last[member];
  const merged: Claims = Object.assign(Object.create(null) as Claims, last, ...now.toReversed());
  for (const group of groups) {
    const source = chooseSource(provider, group, now, last);
    for (const member of group.members) {
      if (source?.[member] === undefined) delete merged[member];
      else merged[member] = source[member];
    }
  }
  return merged;
}
