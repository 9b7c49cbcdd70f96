import type { Identity, SourceConfig } from '@sallyport/contracts';
import { claimAt } from '../claims/copy-claims.ts';

/**
 * Folds the case of names that are compared case-insensitively. Only ASCII letters are folded: folding more would treat
 * look-alikes (the Kelvin sign, the long s) as equal, and with them different people.
 */
export function fold(text: string): string {
  // Long texts whose case changes often take a hundred times as long in the general way.
  if (!/[\u0080-\uffff]/.test(text)) return text.toLowerCase();
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Builds the keys by which people and groups are found. Names and addresses are compared case-insensitively,
 * identifiers exactly.
 */
export const keyOf = {
  name: (text: string) => `name:${fold(text)}`,
  email: (text: string) => `email:${fold(text)}`,
  id: (text: string) => `id:${text}`,
};

export type Match = Extract<SourceConfig, { match: unknown }>['match'];

const keyOfAttribute: Record<Match['attribute'], (text: string) => string> = {
  userName: keyOf.name,
  login: keyOf.name,
  email: keyOf.email,
  externalId: keyOf.id,
  id: keyOf.id,
};

/** Reports whether a key is of the kind by which a source matches people. */
export function isMatchKey({ attribute }: Match, key: string): boolean {
  return key.startsWith(keyOfAttribute[attribute](''));
}

/** Returns the claim of a login that is compared. The address is present only if the provider has verified it. */
function valueOf({ claim }: Match, identity: Identity): unknown {
  if (claim === 'sub') return identity.subject;
  if (claim === 'email') return identity.email;
  return claim === 'user' ? identity.user : claimAt(identity.claims, claim);
}

/** Returns the key of the person who logs in as this identity, or undefined if the login lacks the claim. */
export function matchKey(match: Match, identity: Identity): string | undefined {
  const value = valueOf(match, identity);
  return typeof value === 'string' && value !== '' && !value.includes('\0')
    ? keyOfAttribute[match.attribute](value)
    : undefined;
}
