/** The user that a request acts as. */
export type User = {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
};

export const anonymous: User = { username: 'system:anonymous', groups: ['system:unauthenticated'], extra: {} };

/** Splits `system:serviceaccount:<namespace>:<name>`. Returns undefined for any other user. */
export function serviceAccountOf(username: string): { namespace: string; name: string } | undefined {
  const match = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(username);
  return match === null ? undefined : { namespace: match[1]!, name: match[2]! };
}

/** Returns the groups of every service account in a namespace. */
export function serviceAccountGroups(namespace: string): string[] {
  return ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
}
