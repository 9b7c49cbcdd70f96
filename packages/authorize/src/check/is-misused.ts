import type { Check, Session } from '@sallyport/contracts';

/**
 * Reports whether a credential is used where it does not count. The session of a web application's host is for that host,
 * and an application with the credential of its user is for clusters: neither reaches the gateway's own API.
 */
export function isMisused({ credential, target }: Check, { kind, route }: Pick<Session, 'kind' | 'route'>): boolean {
  if (credential.kind === 'token' && credential.application !== undefined) return target.kind !== 'cluster';
  return kind === 'route' && (target.kind !== 'route' || target.host !== route);
}
