import { readAllowSystem, serviceAccountOf, type ClusterConfig, type ImpersonationTarget } from '@sallyport/contracts';
import { compileGlob } from '@sallyport/policy';

/** Which names may be sent to a cluster. */
export type ImpersonateRules = {
  /** Returns why this user name may not be sent to the cluster; undefined if it may. */
  refuseUser(user: string): string | undefined;
  mayPassGroup(group: string): boolean;
  /** Returns why no one can act as this target there, whatever the policy says; undefined if someone can. */
  refuseTarget(target: Pick<ImpersonationTarget, 'user' | 'groups'>): string | undefined;
};

/**
 * Reports whether a header line cannot carry a name unchanged: HTTP trims spaces around a value (RFC 9110, 5.5), which
 * would turn ` system:x` into `system:x`.
 */
function isUnsafe(name: string): boolean {
  if (name === '' || name.trim() !== name || !name.isWellFormed()) return true;
  for (let index = 0; index < name.length; index += 1) {
    const code = name.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

const isReserved = (name: string) => /^system:/i.test(name);

const quote = (name: string) => JSON.stringify(name.slice(0, 253));

/**
 * Compiles `impersonate` of a cluster. Kubernetes' own names (`system:`) pass only by exact name. All ServiceAccounts of a
 * namespace can be listed at once, for those who act as them: as the name of a person or a group, none of them passes.
 */
export function createImpersonateRules(settings: ClusterConfig['impersonate']): ImpersonateRules {
  const { names: system, accountsOf } = readAllowSystem(settings.allowSystem);
  const globs = settings.groups.map(compileGlob);
  const refuseUser = (user: string) => {
    if (isUnsafe(user)) return 'is empty, contains control characters, or has white space around it';
    return isReserved(user) && !system.has(user) ? 'is reserved for Kubernetes itself' : undefined;
  };
  const mayPassGroup = (group: string) =>
    !isUnsafe(group) && (!isReserved(group) || system.has(group)) && globs.some((matches) => matches(group));
  return {
    refuseUser,
    mayPassGroup,
    refuseTarget({ user, groups }) {
      const account = serviceAccountOf(user);
      const reason = account !== undefined && accountsOf.has(account.namespace) ? undefined : refuseUser(user);
      if (reason !== undefined) return `the user ${quote(user)} ${reason}`;
      const held = groups.find((group) => !mayPassGroup(group));
      return held === undefined ? undefined : `the group ${quote(held)} is not sent to this cluster`;
    },
  };
}
