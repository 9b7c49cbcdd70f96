import { serviceAccountOf, type AllowSystem, type Impersonation } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/** Encodes a name in UTF-8, one character per byte, as Node writes header values. */
function headerBytes(text: string): string {
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f)
      throw new ProblemError(
        'forbidden',
        'Your identity contains a control character and cannot be sent to a cluster.',
      );
  }
  return /^[\x20-\x7e]*$/.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** Encodes the key of an extra for a header name: percent-encoded and in lower case, as Kubernetes reads it. */
function extraKey(key: string): string {
  return encodeURIComponent(key.toLowerCase());
}

type SentIdentity = Pick<Impersonation, 'user' | 'uid' | 'groups' | 'extra'>;

/** Reports whether a user is one of the ServiceAccounts that the cluster lists by their namespace. */
function isListedAccount(user: string, { accountsOf }: AllowSystem): boolean {
  const account = accountsOf.size === 0 ? undefined : serviceAccountOf(user);
  return account !== undefined && accountsOf.has(account.namespace);
}

/**
 * Refuses `system:` names that the cluster does not list. This is the last check before anything goes upstream: anyone
 * who can impersonate any `system:` name is close to cluster-admin.
 */
function refuseSystemNames({ user, groups }: SentIdentity, allowed: AllowSystem, acting: boolean): void {
  for (const name of acting && isListedAccount(user, allowed) ? groups : [user, ...groups]) {
    if (/^\s*system:/i.test(name) && !allowed.names.has(name))
      throw new ProblemError(
        'forbidden',
        `The name ${name} must not be sent to this cluster (impersonate.allowSystem does not list it).`,
      );
  }
}

/**
 * Returns the impersonation headers, flat. Groups are never joined on one line, because a name may contain a comma. Throws
 * if the identity must not go to a cluster that allows these `system:` names. `acting`: it is not that of the person, but
 * of another as whom they act.
 */
export function impersonationHeaders(identity: SentIdentity, allowSystem: AllowSystem, acting = false): string[] {
  const { user, uid, groups, extra } = identity;
  if (user.trim() === '') throw new ProblemError('unauthenticated', 'The request has no identity.');
  refuseSystemNames(identity, allowSystem, acting);
  const lines = ['Impersonate-User', headerBytes(user)];
  if (uid !== '') lines.push('Impersonate-Uid', headerBytes(uid));
  for (const group of groups) lines.push('Impersonate-Group', headerBytes(group));
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) lines.push(`Impersonate-Extra-${extraKey(key)}`, headerBytes(value));
  }
  return lines;
}
