import type { PolicyInput } from '../../config/gateway-config.ts';
import { bitOf, type Field } from './fields.ts';
import type { RecordedRequest } from './recorded-request.ts';

/** Notes which fields were looked at since it was last cleared, and which of those the event does not tell. */
export type Watch = { read: number; missing: number };

/**
 * A recorded request as an input for policy. Every field that is looked at is noted, so that what is missing is found
 * out by whoever looks, whatever criteria there are, and never taken for empty.
 */
export function recordedInput(request: RecordedRequest, watch: Watch): PolicyInput {
  const see = <T>(field: Field, value: T): T => {
    const bit = bitOf(field);
    watch.read |= bit;
    watch.missing |= bit & request.missing;
    return value;
  };
  const { exec } = request;
  // Accessors of the object itself, so that whoever copies it looks at all of them.
  return {
    user: {
      get id() {
        return see('user.id', request.user);
      },
      get email() {
        return see('user.email', request.email);
      },
      get groups() {
        return see('user.groups', request.groups);
      },
      get claims() {
        return see('claims', undefined);
      },
    },
    session: {
      get id() {
        return see('session.id', request.sessionId);
      },
      get claims() {
        return see('claims', undefined);
      },
    },
    request: {
      get method() {
        return see('request.method', request.method);
      },
      get path() {
        return see('path', request.path);
      },
      get host() {
        return see('request.host', undefined);
      },
      get ip() {
        return see('request.ip', request.ip);
      },
      get headers() {
        return see('request.headers', undefined);
      },
      get clientCertificate() {
        return see('request.clientCertificate', undefined);
      },
    },
    kubernetes: {
      get cluster() {
        return see('kubernetes.cluster', request.cluster);
      },
      get verb() {
        return see('kubernetes.verb', request.verb);
      },
      get requestVerb() {
        return see('kubernetes.requestVerb', request.requestVerb);
      },
      get isResourceRequest() {
        return see('kubernetes.isResourceRequest', request.isResourceRequest);
      },
      get path() {
        return see('path', request.path);
      },
      get apiGroup() {
        return see('kubernetes.apiGroup', request.apiGroup);
      },
      get apiVersion() {
        return see('kubernetes.apiVersion', request.apiVersion);
      },
      get resource() {
        return see('kubernetes.resource', request.resource);
      },
      get subresource() {
        return see('kubernetes.subresource', request.subresource);
      },
      get namespace() {
        return see('kubernetes.namespace', request.namespace);
      },
      get name() {
        return see('kubernetes.name', request.name);
      },
      get labelSelector() {
        return see('kubernetes.labelSelector', request.labelSelector);
      },
      get fieldSelector() {
        return see('kubernetes.fieldSelector', request.fieldSelector);
      },
      get dryRun() {
        return see('kubernetes.dryRun', request.dryRun === true ? true : undefined);
      },
      get namespaced() {
        return see('kubernetes.namespaced', request.namespaced);
      },
      get aggregated() {
        return see('kubernetes.aggregated', request.aggregated);
      },
      get upsert() {
        return see('kubernetes.upsert', request.upsert);
      },
      get upgrade() {
        return see('kubernetes.upgrade', request.upgrade);
      },
      get exec() {
        return see('kubernetes.exec', exec);
      },
    },
    get elevations() {
      return see('elevations', undefined);
    },
    get now() {
      return see('now', request.now);
    },
  };
}

const sized = (text: string | undefined) => (text === undefined ? '-' : `${text.length}:${text}`);

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
];

/**
 * A text that is the same for two requests only if they agree in all these fields, and in which of them are missing.
 */
export function keyOf(request: RecordedRequest, mask: number): string {
  let key = String(request.missing & mask);
  for (let index = 0; index < writers.length; index += 1)
    if ((mask & (1 << index)) !== 0) key += `|${writers[index]!(request)}`;
  return key;
}
