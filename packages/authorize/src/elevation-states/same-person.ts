import { domainToASCII } from 'node:url';
import type { ElevationPerson } from '@sallyport/contracts';

/** Mail services whose addresses are the same with and without dots. */
const dotless: ReadonlySet<string> = new Set(['gmail.com', 'googlemail.com']);

/** Folds spellings that look alike or that providers treat alike: case, compatibility forms, invisible characters. */
function foldText(text: string): string {
  const visible = text.normalize('NFKC').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '');
  // Three times, because "ẞ", "ß" and "SS" meet only there. A case can have a form of its own to normalize.
  return visible.toLowerCase().toUpperCase().toLowerCase().normalize('NFKC').trim();
}

/**
 * Folds the part of an address in front of the "@". Quotes and backslashes are not part of a mailbox (RFC 5321, 4.1.2).
 * What they kept apart is folded again.
 */
function foldMailbox(folded: string): string {
  const bare = foldText(folded.replaceAll(/["\\]/g, ''));
  return bare.replace(/(?<=.)\+.*$/s, '').trim();
}

/**
 * Returns the form that all spellings of a user name or an email address have in common. Of an address, the domain is in
 * ASCII, the mailbox is without quotes, and the tag after a "+" is left out (RFC 5233), because the reader of one of
 * the addresses reads them all.
 */
export function foldName(text: string): string {
  const folded = foldText(text);
  const at = folded.lastIndexOf('@');
  if (at < 0) return folded;
  const given = folded.slice(at + 1);
  const domain = (domainToASCII(given) || given).replace(/\.$/, '');
  const mailbox = foldMailbox(folded.slice(0, at));
  return dotless.has(domain) ? `${mailbox.replaceAll('.', '')}@gmail.com` : `${mailbox}@${domain}`;
}

/** Returns everything by which a person is known. Two people with one of these in common are one person. */
export type NamesOf = (person: ElevationPerson) => readonly string[];

/** Begins a name that nothing but the account itself vouches for. */
const assertedKind = 'asserted\n';

/**
 * What an identity says about itself: its account, user name, email address and aliases, and marked as such, what
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
