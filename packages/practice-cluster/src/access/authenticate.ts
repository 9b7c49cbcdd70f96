import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { unauthorized } from '../objects/api-error.ts';
import { anonymous, serviceAccountGroups, serviceAccountOf, type User } from './user.ts';

/** The identity of a bearer token. */
export type TokenIdentity = { user: string; uid?: string; groups?: readonly string[] };

/** Authenticates callers by bearer token. Without a credential the caller is anonymous. A wrong one is refused. */
export function createAuthenticate(
  tokens: Readonly<Record<string, TokenIdentity>>,
): (request: IncomingMessage) => User {
  const known = Object.entries(tokens).map(([token, identity]) => ({ digest: digest(token), user: userOf(identity) }));
  return (request) => {
    const header = request.headers.authorization;
    if (header === undefined) return anonymous;
    const token = /^Bearer +([^\s]+)$/i.exec(header)?.[1];
    const wanted = digest(token ?? '');
    const match = token === undefined ? undefined : known.find((one) => timingSafeEqual(one.digest, wanted));
    if (match === undefined) throw unauthorized();
    return match.user;
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
