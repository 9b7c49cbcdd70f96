import type { ElevationPerson } from '@sallyport/contracts';
import { foldName } from './fold-name.ts';

/** Returns everything by which a person is known. Two people with one of these in common are one person. */
export type NamesOf = (person: ElevationPerson) => readonly string[];

/** Returns what an identity says about itself: its account, user name, email address and aliases. */
export const ownNames: NamesOf = ({ issuer, subject, user, email, aliases = [] }) => [
  accountName({ issuer, subject }),
  ...[user, ...(email === undefined ? [] : [email])].map(foldName).filter((name) => name !== ''),
  ...aliases,
];

/** Returns the name of an account. It cannot be a user name, which has no line breaks. */
export const accountName = ({ issuer, subject }: Pick<ElevationPerson, 'issuer' | 'subject'>): string =>
  `account\n${issuer}\n${subject}`;

/**
 * Reports whether two identities are one person under any alias: the same account of an identity provider, or a name or
 * email address in common, whichever provider or directory asserts it. It errs on the side of one person, because a
 * second account of the requester must not approve.
 */
export function isSamePerson(one: ElevationPerson, other: ElevationPerson, namesOf: NamesOf): boolean {
  const names = new Set(namesOf(other));
  return namesOf(one).some((name) => names.has(name));
}
