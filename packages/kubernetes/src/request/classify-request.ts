import { isShellEquivalent } from '@sallyport/contracts';
import type { RequestInfo } from './request-info.ts';

type Request = Pick<
  RequestInfo,
  'isResourceRequest' | 'apiGroup' | 'resource' | 'subresource' | 'verb' | 'requestVerb' | 'method' | 'upsert'
>;

const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Reports whether a request is as good as a shell, so that the rules about exec hold for it too. */
export function isShellRequest(info: Request): boolean {
  return info.isResourceRequest && isShellEquivalent(info);
}

/** Reports whether the response may contain Secrets: writes return the object, and a deletecollection the list. */
export function isSecretRead(info: Pick<Request, 'isResourceRequest' | 'apiGroup' | 'resource'>): boolean {
  return info.isResourceRequest && info.apiGroup === '' && info.resource === 'secrets';
}

/**
 * Reports whether a request may change something. It must be safe by its verb and by its method, because an aggregated
 * API may go by either. An unknown verb counts as a write.
 */
export function isWrite(info: Request): boolean {
  return !safeMethods.has(info.method) || (info.isResourceRequest && !reads.has(info.verb));
}
