import type { ClusterEvent } from '../read/read-cluster-event.ts';
import { matchesPattern } from '../read/matches-pattern.ts';

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
