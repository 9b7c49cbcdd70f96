import type { ClusterConfig } from '@sallyport/contracts';
import { compileGlob } from '@sallyport/policy';

/** Which names may be sent to a cluster. */
export type ImpersonateRules = {
  /** Returns why this user name may not be sent to the cluster; undefined if it may. */
  refuseUser(user: string): string | undefined;
  mayPassGroup(group: string): boolean;
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

/** Compiles `impersonate` of a cluster. Kubernetes' own names (`system:`) pass only by exact name. */
export function createImpersonateRules(settings: ClusterConfig['impersonate']): ImpersonateRules {
  const system = new Set(settings.allowSystem);
  const globs = settings.groups.map(compileGlob);
  return {
    refuseUser(user) {
      if (isUnsafe(user)) return 'is empty, contains control characters, or has white space around it';
      return isReserved(user) && !system.has(user) ? 'is reserved for Kubernetes itself' : undefined;
    },
    mayPassGroup: (group) =>
      !isUnsafe(group) && (!isReserved(group) || system.has(group)) && globs.some((matches) => matches(group)),
  };
}
