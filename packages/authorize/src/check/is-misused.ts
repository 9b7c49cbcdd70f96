import { hostOfRoute, type Check, type Session } from '@sallyport/contracts';
import { applicationOf } from './application-of.ts';

/**
 * Reports whether a credential is used where it does not count. The session of a web application's host is for that host,
 * and an application with the credential of its user is for clusters: neither reaches the gateway's own API.
 */
export function isMisused(check: Check, { kind, route }: Pick<Session, 'kind' | 'route'>): boolean {
  const { target } = check;
  const application = applicationOf(check);
  if (application !== undefined)
    return target.kind !== 'cluster' || (kind === 'route' && route !== hostOfRoute(application));
  return kind === 'route' && (target.kind !== 'route' || target.host !== route);
}
