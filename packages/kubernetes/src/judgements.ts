import type { RequestInfo } from './read-request-info.ts';

type Asked = Pick<RequestInfo, 'isResourceRequest' | 'apiGroup' | 'resource' | 'subresource' | 'verb' | 'requestVerb'>;

const shellSubresourcesOfPods: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'ephemeralcontainers', 'proxy']);
const reads: ReadonlySet<string> = new Set(['get', 'list', 'watch']);
const harmlessMethods: ReadonlySet<string> = new Set(['get', 'head', 'options']);

/** True if the request reaches into a workload or hands out its identity, so that a rule about exec must speak of it too. */
export function shellEquivalent(info: Asked): boolean {
  if (!info.isResourceRequest || info.apiGroup !== '') return false;
  const { resource, subresource } = info;
  if (resource === 'pods' && shellSubresourcesOfPods.has(subresource)) return true;
  if (resource === 'pods' || resource === 'services' || resource === 'nodes') return subresource === 'proxy' || info.requestVerb === 'proxy';
  return resource === 'serviceaccounts' && subresource === 'token';
}

/** True if the answer carries secrets. */
export function isSecretRead(info: Asked): boolean {
  return info.isResourceRequest && info.apiGroup === '' && info.resource === 'secrets' && reads.has(info.requestVerb);
}

/** True unless the request surely changes nothing: an unknown verb counts as a write. */
export function isWrite(info: Asked): boolean {
  return !(info.isResourceRequest ? reads : harmlessMethods).has(info.verb);
}
