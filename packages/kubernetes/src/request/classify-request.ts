import { isShellEquivalent } from '@sallyport/contracts';
import type { RequestInfo } from './read-request-info.ts';

type Asked = Pick<
  RequestInfo,
  'isResourceRequest' | 'apiGroup' | 'resource' | 'subresource' | 'verb' | 'requestVerb' | 'method' | 'upsert'
>;

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const harmlessMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * True if the request reaches into a workload or hands out an identity, so that a rule about exec must speak of it too.
 */
export function shellEquivalent(info: Asked): boolean {
  return info.isResourceRequest && isShellEquivalent(info);
}

/** True if the answer may carry Secrets: writes answer with the object too, and a deletecollection with the list. */
export function isSecretRead(info: Pick<Asked, 'isResourceRequest' | 'apiGroup' | 'resource'>): boolean {
  return info.isResourceRequest && info.apiGroup === '' && info.resource === 'secrets';
}

/**
 * True unless the request surely changes nothing, by its verb and by its method: an aggregated API may go by the one or
 * the other. An unknown verb counts as a write.
 */
export function isWrite(info: Asked): boolean {
  return !harmlessMethods.has(info.method) || (info.isResourceRequest && !reads.has(info.verb));
}
