import type { Identity, SourceConfig } from '@sallyport/contracts';
import { claimAt } from '../claims/claim-at.ts';
import { fold } from './fold.ts';

/**
 * The forms in which people and groups are found. Names and addresses are compared without regard to case, identifiers
 * exactly.
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

/** Whether a key is of the kind by which a source's people are matched. */
export function isMatchKey({ attribute }: Match, key: string): boolean {
  return key.startsWith(keyOfAttribute[attribute](''));
}

/** What of a login is compared. The address counts only where the provider vouches for it. */
function valueOf({ claim }: Match, identity: Identity): unknown {
  if (claim === 'sub') return identity.subject;
  if (claim === 'email') return identity.email;
  return claim === 'user' ? identity.user : claimAt(identity.claims, claim);
}

/** The key of the person of a source who logs in as this identity; undefined if the login has not what is compared. */
export function matchKey(match: Match, identity: Identity): string | undefined {
  const value = valueOf(match, identity);
  return typeof value === 'string' && value !== '' && !value.includes('\0')
    ? keyOfAttribute[match.attribute](value)
    : undefined;
}
