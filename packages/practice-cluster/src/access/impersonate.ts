import { badRequest } from '../objects/api-error.ts';
import { forbidden } from './forbidden.ts';
import { noResource, type Access, type Attributes } from './rbac.ts';
import { anonymous, serviceAccountGroups, serviceAccountOf, type User } from './user.ts';

const extraPrefix = 'impersonate-extra-';

type Wanted = { username: string; uid: string; groups: string[]; extra: Record<string, string[]> };

/**
 * Returns the user that the impersonation headers name, if `real` may impersonate every part, or undefined without
 * them.
 */
export function impersonate(real: User, rawHeaders: readonly string[], access: Access): User | undefined {
  const wanted = readWanted(rawHeaders);
  if (wanted === undefined) return undefined;
  for (const attributes of partsOf(wanted)) {
    if (!access(real, attributes)) throw forbidden(real, attributes);
  }
  return finish(wanted);
}

function readWanted(rawHeaders: readonly string[]): Wanted | undefined {
  const wanted: Wanted = { username: '', uid: '', groups: [], extra: {} };
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    // Node.js decodes header bytes as Latin-1, but names are UTF-8.
    const value = Buffer.from(rawHeaders[at + 1]!, 'latin1').toString('utf8');
    if (name === 'impersonate-user') wanted.username ||= value;
    else if (name === 'impersonate-uid') wanted.uid ||= value;
    else if (name === 'impersonate-group') wanted.groups.push(value);
    else if (name.startsWith(extraPrefix))
      (wanted.extra[unescapeKey(name.slice(extraPrefix.length))] ??= []).push(value);
  }
  const more = wanted.uid !== '' || wanted.groups.length > 0 || Object.keys(wanted.extra).length > 0;
  if (wanted.username === '' && more)
    throw badRequest('requested impersonation of groups, extra or uid without impersonating a user');
  return wanted.username === '' ? undefined : wanted;
}

function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

// Each part needs its own permission. If one is missing, the whole request is refused.
function partsOf({ username, uid, groups, extra }: Wanted): Attributes[] {
  const part = (apiGroup: string, resource: string, name: string, more: Partial<Attributes> = {}): Attributes => ({
    ...noResource,
    verb: 'impersonate',
    apiGroup,
    resource,
    name,
    ...more,
  });
  const account = serviceAccountOf(username);
  const authentication = 'authentication.k8s.io';
  return [
    account === undefined
      ? part('', 'users', username)
      : part('', 'serviceaccounts', account.name, { namespace: account.namespace }),
    ...groups.map((group) => part('', 'groups', group)),
    ...Object.entries(extra).flatMap(([key, values]) =>
      values.map((value) => part(authentication, 'userextras', value, { subresource: key })),
    ),
    ...(uid === '' ? [] : [part(authentication, 'uids', uid)]),
  ];
}

function finish({ username, uid, groups, extra }: Wanted): User {
  const account = serviceAccountOf(username);
  const own = groups.length === 0 && account !== undefined ? serviceAccountGroups(account.namespace) : [...groups];
  const all = username === anonymous.username ? 'system:unauthenticated' : 'system:authenticated';
  if (!own.includes('system:authenticated') && !own.includes('system:unauthenticated')) own.push(all);
  return { username, uid: uid === '' ? undefined : uid, groups: own, extra };
}
