import type { ElevationPerson } from '@sallyport/contracts';
import { foldName } from './fold-name.ts';

/** Returns everything by which a person is known. Two people with one of these in common are one person. */
export type NamesOf = (person: ElevationPerson) => readonly string[];

/** Begins a name that nothing but the account itself vouches for. */
const assertedKind = 'asserted\n';

/**
 * Returns what an identity says about itself: its account, user name, email address and aliases, and marked as such, what
 * it merely asserts.
 */
export const ownNames: NamesOf = ({ issuer, subject, user, email, aliases = [], asserted = [] }) => [
  accountName({ issuer, subject }),
  ...[user, ...(email === undefined ? [] : [email])].map(foldName).filter((name) => name !== ''),
  ...aliases,
  ...asserted.filter((name) => name !== '').map((name) => `${assertedKind}${name}`),
];

/** Returns the name of an account. It cannot be a user name, which has no line breaks. */
export const accountName = ({ issuer, subject }: Pick<ElevationPerson, 'issuer' | 'subject'>): string =>
  `account\n${issuer}\n${subject}`;

/**
 * Reports whether two identities are one person under any alias: the same account of an identity provider, or a name or
 * email address in common, whichever provider or directory has it. It errs on the side of one person, because a second
 * account of the requester must not approve. So an address that is not verified counts too, but only between these two:
 * it leads to no other name, or else a stranger who asserts the addresses of two people would make them one.
 */
export function isSamePerson(one: ElevationPerson, other: ElevationPerson, namesOf: NamesOf): boolean {
  const plain = (name: string) => (name.startsWith(assertedKind) ? name.slice(assertedKind.length) : name);
  const names = new Set(namesOf(other).map(plain));
  return namesOf(one).some((name) => names.has(plain(name)));
}
