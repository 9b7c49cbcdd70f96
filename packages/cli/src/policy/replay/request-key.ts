import type { RecordedRequest } from './recorded-request.ts';

const sized = (text: string | undefined) => (text === undefined ? '-' : `${text.length}:${text}`);

/** Writes the value of one field. The order is the order of `fields`. */
const writers: readonly ((request: RecordedRequest) => string)[] = [
  (one) => sized(one.user),
  (one) => sized(one.email),
  (one) => one.groups.map(sized).join(','),
  () => '',
  (one) => sized(one.sessionId),
  (one) => sized(one.method),
  (one) => sized(one.path),
  () => '',
  (one) => sized(one.ip),
  () => '',
  () => '',
  (one) => sized(one.cluster),
  (one) => sized(one.verb),
  (one) => sized(one.requestVerb),
  (one) => String(one.isResourceRequest),
  (one) => sized(one.apiGroup),
  (one) => sized(one.apiVersion),
  (one) => sized(one.resource),
  (one) => sized(one.subresource),
  (one) => sized(one.namespace),
  (one) => sized(one.name),
  (one) => sized(one.labelSelector),
  (one) => sized(one.fieldSelector),
  (one) => String(one.dryRun),
  (one) => JSON.stringify(one.exec) ?? '-',
  () => '',
  (one) => String(one.now),
  (one) => String(one.namespaced),
  (one) => String(one.aggregated),
  (one) => String(one.upsert),
  (one) => String(one.upgrade),
  (one) => one.impersonate?.map(sized).join(',') ?? '-',
];

/** Returns a key that two requests share only if these fields have the same values, or are missing, in both. */
export function requestKey(request: RecordedRequest, mask: number): string {
  let key = String(request.missing & mask);
  for (let index = 0; index < writers.length; index += 1)
    if ((mask & (1 << index)) !== 0) key += `|${writers[index]!(request)}`;
  return key;
}
