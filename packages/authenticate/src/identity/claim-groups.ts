import type { ProviderConfig } from '@sallyport/contracts';

/** Claims that say one thing together: a document says all of it or nothing. `whole` are the claims that it takes. */
export type Statement = { members: ReadonlySet<string>; whole: readonly string[]; aboutEmail: boolean };

/** The members of a document in which `claimAt` may find a claim. */
const membersOf = (path: string): string[] => [path, path.split('.', 1)[0]!];

function statement(whole: readonly string[], also: readonly string[] = [], aboutEmail = false): Statement {
  return { members: new Set([...whole, ...also].flatMap(membersOf)), whole, aboutEmail };
}

/**
 * Whatever shares a member with the address, a document that has the address and its verification says all that it
 * takes.
 */
function join(a: Statement, b: Statement): Statement {
  const whole = a.aboutEmail ? a.whole : b.aboutEmail ? b.whole : [...a.whole, ...b.whole];
  return { members: new Set([...a.members, ...b.members]), whole, aboutEmail: a.aboutEmail || b.aboutEmail };
}

/** Statements that share a member are one. */
function withoutOverlap(statements: readonly Statement[]): Statement[] {
  return statements.reduce<Statement[]>((apart, next) => {
    const shares = (one: Statement) => [...one.members].some((member) => next.members.has(member));
    return [...apart.filter((one) => !shares(one)), apart.filter(shares).reduce(join, next)];
  }, []);
}

/** The statements that the claims of this provider's people make; every other claim stands for itself. */
export function statementsOf({
  claims: { email, emailVerified, groups },
  emailVerified: rule,
}: Pick<ProviderConfig, 'claims' | 'emailVerified'>): Statement[] {
  return withoutOverlap([
    statement(rule === 'ignore' ? [email] : [email, emailVerified], [emailVerified], true),
    statement(['email', 'email_verified']),
    // OpenID Connect Core 5.6.2 and Entra ID: how a document says that the groups are somewhere else.
    statement([groups], ['groups', '_claim_names', '_claim_sources', 'hasgroups']),
  ]);
}
