import type { ProviderConfig } from '@sallyport/contracts';

/**
 * Claims that are only meaningful together, and so are taken from one source. A source is complete if it has all of
 * `whole`.
 */
export type ClaimGroup = { members: ReadonlySet<string>; whole: readonly string[]; aboutEmail: boolean };

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
export function claimGroups({
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
