import type { ElevationPerson } from '@sallyport/contracts';

/** Folds what a person is known by, so that spellings that providers treat alike are alike. */
const fold = (text: string) => text.normalize('NFKC').trim().toLowerCase();

/** Returns the names by which a person is known: user name and email address, folded. */
function namesOf({ user, email }: ElevationPerson): string[] {
  return [user, ...(email === undefined ? [] : [email])].map(fold).filter((name) => name !== '');
}

/**
 * Reports whether two identities are one person under any alias: the same account of an identity provider, or a user
 * name or email address in common, whichever provider asserts it. It errs on the side of one person, because a second
 * account of the requester must not approve.
 */
export function isSamePerson(one: ElevationPerson, other: ElevationPerson): boolean {
  if (one.issuer === other.issuer && one.subject === other.subject) return true;
  const names = namesOf(other);
  return namesOf(one).some((name) => names.includes(name));
}
