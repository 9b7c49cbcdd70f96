import type { ClusterEvent } from '../read/read-cluster-event.ts';

/** Reports whether a name matches a pattern in which `*` stands for any text. Takes linear time. */
export function matchesPattern(name: string, pattern: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return name === pattern;
  const [first, last] = [parts[0]!, parts.at(-1)!];
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let from = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = name.indexOf(part, from);
    if (found === -1 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** The components of a cluster and its ServiceAccounts talk to the API server without the gateway. */
export const defaultIgnore: readonly string[] = ['system:*'];

/** Returns the name of a user. One who could not be authenticated has none. */
const nameOf = (username: string) => (username === '' ? 'system:anonymous' : username);

/**
 * Reports whether a request that the gateway does not know is expected. A request that acts as another user is expected
 * only if both are: otherwise a stolen credential of the gateway, which is a ServiceAccount, would go unnoticed.
 */
export function isIgnored({ user, impersonatedUser }: ClusterEvent, ignore: readonly string[]): boolean {
  const matches = (name: string) => ignore.some((pattern) => matchesPattern(nameOf(name), pattern));
  return matches(user.username) && (impersonatedUser === undefined || matches(impersonatedUser.username));
}
