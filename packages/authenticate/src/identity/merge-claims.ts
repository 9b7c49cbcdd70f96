import { isDeepStrictEqual } from 'node:util';
import type { Identity, ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { claimAt } from '@sallyport/directory';
import { aboutToken, copyClaims, type Claims } from '@sallyport/directory';
import { isNamedByEmail } from './read-email.ts';
import { statementsOf, type Statement } from './claim-groups.ts';
import { withoutClaim } from './without-claim.ts';

/**
 * What a provider says of a person: now, and in the last id_token where none comes any more. `known` is what it said
 * last, where that is known.
 */
export type Documents = {
  idToken?: object;
  userInfo?: object;
  lastIdToken?: object;
  known?: Pick<Identity, 'email' | 'claims'>;
};

/**
 * How somebody was authenticated is for the id_token to say: UserInfo (OpenID Connect Core 5.3) is about a person, not
 * about a login.
 */
const aboutLogin = new Set(['acr', 'amr', 'auth_time']);

const has = (document: Claims, path: string) => claimAt(document, path) !== undefined;
const touches = (document: Claims, { members }: Statement) =>
  [...members].some((member) => Object.hasOwn(document, member));
const isWhole = (document: Claims, { whole }: Statement) => whole.every((path) => has(document, path));

function withoutOthersClaims(userInfo: Claims): Claims {
  for (const name of [...aboutToken, ...aboutLogin]) delete userInfo[name];
  return userInfo;
}

/** Whether one document has an address without a verification, and another a verification without an address. */
function isSplit(
  { claims: { email, emailVerified }, emailVerified: rule }: ProviderConfig,
  said: readonly Claims[],
): boolean {
  return (
    rule !== 'ignore' &&
    said.some((document) => has(document, email)) &&
    said.some((document) => has(document, emailVerified))
  );
}

/**
 * Whether a document says of the address, and of all that stands beside it, what the last id_token said. The
 * verification is left out of it.
 */
function isSameAs(
  last: Claims,
  { claims: { email, emailVerified } }: ProviderConfig,
  named: Claims,
  { members }: Statement,
): boolean {
  const [is, was] = [named, last].map((document) => withoutClaim(document, emailVerified)) as [Claims, Claims];
  return (
    has(named, email) &&
    claimAt(named, email) === claimAt(last, email) &&
    [...members].every((member) => !Object.hasOwn(is, member) || isDeepStrictEqual(is[member], was[member]))
  );
}

/** The one document that speaks of the address, where none says all of it. Undefined where none can be believed. */
function chooseOfEmail(
  provider: ProviderConfig,
  said: readonly Claims[],
  last: Claims,
  statement: Statement,
): Claims | undefined {
  const { email, emailVerified } = provider.claims;
  if (isSplit(provider, said)) {
    if (!isNamedByEmail(provider)) return undefined;
    throw new ProblemError(
      'login-failed',
      'The identity provider sent your e-mail address and its verification apart from each other (in the id_token and in UserInfo), so they are not believed. Both must come from one of them, and the address be verified.',
    );
  }
  const named = said.find((document) => has(document, email)) ?? said[0]!;
  // The same address again, and no word on whether it is verified: what was said of it as a whole still holds.
  return isSameAs(last, provider, named, statement) && !said.some((document) => has(document, emailVerified))
    ? last
    : named;
}

/**
 * The document whose word counts on a statement: of those of now the first that says all of it, else the first that
 * says anything of it; the last id_token where none of now does.
 */
function choose(
  provider: ProviderConfig,
  statement: Statement,
  now: readonly Claims[],
  last: Claims,
): Claims | undefined {
  const said = now.filter((document) => touches(document, statement));
  if (said.length === 0) return last;
  const whole = said.find((document) => isWhole(document, statement));
  if (whole) return whole;
  return statement.aboutEmail ? chooseOfEmail(provider, said, last, statement) : said[0];
}

/**
 * The members of the last id_token that no longer hold: the provider has said something else since, or denied them, and
 * a later silence does not bring them back. The verification is left out of the comparison, and so is an address that
 * is not believed: it is not among what is known.
 */
function outdated(
  provider: ProviderConfig,
  last: Claims,
  known: Documents['known'],
  statements: readonly Statement[],
): Set<string> {
  if (known === undefined) return new Set();
  const { email, emailVerified } = provider.claims;
  const [was, is] = [last, copyClaims(known.claims)].map((claims) =>
    ['email', email, 'email_verified', emailVerified].reduce(withoutClaim, claims),
  ) as [Claims, Claims];
  const names = Object.keys(last).filter((name) => !aboutToken.has(name) && !isDeepStrictEqual(was[name], is[name]));
  const replaced = statements.filter(
    ({ members, aboutEmail }) =>
      (aboutEmail && claimAt(last, email) !== known.email) || names.some((name) => members.has(name)),
  );
  return new Set([...names, ...replaced.flatMap(({ members }) => [...members])]);
}

/**
 * Joins what a provider says of a person. What is signed counts more than what is merely sent, and what is said now
 * more than what was said before; but whatever only means something together (an address and its verification, groups
 * and where they are) is taken from one document as a whole.
 */
export function joinDocuments(
  provider: ProviderConfig,
  { idToken = {}, userInfo = {}, lastIdToken = {}, known }: Documents,
): Claims {
  const now = [copyClaims(idToken), withoutOthersClaims(copyClaims(userInfo))];
  const last = copyClaims(lastIdToken);
  const statements = statementsOf(provider);
  for (const member of outdated(provider, last, known, statements)) delete last[member];
  const joined: Claims = Object.assign(Object.create(null) as Claims, last, ...now.toReversed());
  for (const statement of statements) {
    const from = choose(provider, statement, now, last);
    for (const member of statement.members) {
      if (from?.[member] === undefined) delete joined[member];
      else joined[member] = from[member];
    }
  }
  return joined;
}
