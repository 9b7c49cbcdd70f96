import { domainToASCII } from 'node:url';

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
