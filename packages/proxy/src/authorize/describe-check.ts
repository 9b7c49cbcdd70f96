import type { IncomingMessage } from 'node:http';
import { builtInKind, type Check } from '@sallyport/contracts';
import type { RequestInfo } from '@sallyport/kubernetes';
import { ProblemError } from '@sallyport/kit';
import { readHost } from '../headers/read-headers.ts';

/** What authorize needs to know about a request to a cluster, to decide on it or to explain a decision. */
export function kubernetesAttributes(info: RequestInfo, upgrade = false): NonNullable<Check['kubernetes']> {
  const kind = info.isResourceRequest ? builtInKind(info.apiGroup, info.apiVersion, info.resource) : undefined;
  return {
    verb: info.verb,
    requestVerb: info.requestVerb,
    isResourceRequest: info.isResourceRequest,
    path: info.path,
    apiGroup: info.apiGroup,
    apiVersion: info.apiVersion,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    ...(info.labelSelector === '' ? {} : { labelSelector: info.labelSelector }),
    ...(info.fieldSelector === '' ? {} : { fieldSelector: info.fieldSelector }),
    ...(info.dryRun ? { dryRun: true } : {}),
    ...(kind === undefined ? {} : { namespaced: kind.namespaced, aggregated: false }),
    ...(info.upsert ? { upsert: true } : {}),
    ...(upgrade ? { upgrade } : {}),
    ...(info.exec ? { exec: info.exec } : {}),
  };
}

/** Returns what a check says about a request to the gateway itself. */
export function requestFacts({ method = '', url = '', rawHeaders }: IncomingMessage, ip: string) {
  return { method, path: url.split('?', 1)[0]!, host: readHost(rawHeaders) ?? '', ip };
}

/** Returns the headers that identify a browser's preflight (Fetch standard, 4.8). Only OPTIONS can be one. */
export function preflightHeaders(
  request: Pick<IncomingMessage, 'method' | 'headers'>,
): Pick<Check['request'], 'headers'> {
  if (request.method !== 'OPTIONS') return {};
  const { origin, 'access-control-request-method': asked } = request.headers;
  return {
    headers: {
      ...(origin === undefined ? {} : { origin }),
      ...(asked === undefined ? {} : { 'access-control-request-method': asked }),
    },
  };
}

/**
 * Refuses (405) writing methods where the path names the verb (`/api/v1/watch/…` and the old `/api/v1/proxy/…`). The API
 * server serves no writing method there, and authorizes by the verb in the path. An aggregated API that goes by the
 * method would write.
 */
export function refuseSpecialVerb({ requestVerb, isResourceRequest, method }: RequestInfo): void {
  if (
    !isResourceRequest ||
    (requestVerb !== 'watch' && requestVerb !== 'proxy') ||
    method === 'GET' ||
    method === 'HEAD'
  )
    return;
  throw new ProblemError(
    'method-not-allowed',
    `Where the path begins with ${requestVerb}, only GET and HEAD are allowed.`,
  );
}
