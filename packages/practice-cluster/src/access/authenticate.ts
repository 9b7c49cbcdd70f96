import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { unauthorized } from '../objects/api-error.ts';
import type { AccountTokens } from './account-tokens.ts';
import { anonymous, serviceAccountGroups, serviceAccountOf, type User } from './user.ts';

/** The identity of a bearer token. */
export type TokenIdentity = { user: string; uid?: string; groups?: readonly string[] };

/**
 * Authenticates callers by bearer token: one of `tokens`, or that of a service account. Without a credential the caller
 * is anonymous. A wrong one is refused.
 */
export function createAuthenticate(
  tokens: Readonly<Record<string, TokenIdentity>>,
  accounts: Pick<AccountTokens, 'identify'>,
): (request: IncomingMessage) => Promise<User> {
  const known = Object.entries(tokens).map(([token, identity]) => ({ digest: digest(token), user: userOf(identity) }));
  return async (request) => {
    const header = request.headers.authorization;
    if (header === undefined) return anonymous;
    const token = /^Bearer +([^\s]+)$/i.exec(header)?.[1];
    if (token === undefined) throw unauthorized();
    const wanted = digest(token);
    return known.find((one) => timingSafeEqual(one.digest, wanted))?.user ?? (await accounts.identify(token));
  };
}

function userOf({ user, uid, groups }: TokenIdentity): User {
  const account = serviceAccountOf(user);
  const own = groups ?? (account === undefined ? [] : serviceAccountGroups(account.namespace));
  return { username: user, uid, groups: [...new Set([...own, 'system:authenticated'])], extra: {} };
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
