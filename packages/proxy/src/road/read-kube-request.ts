import { ProblemError } from '@sallyport/kit';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import type { ClusterExchange } from '../exchange/exchange.ts';
import type { ReadHeaders } from '../headers/read-headers.ts';
import { refuseBadUpgrade } from '../passage/refuse-bad-upgrade.ts';
import { refuseSpecialVerb } from '../authorize/describe-check.ts';

/** The methods of the Kubernetes API. Servers behind the gateway could read any other method differently. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const bad = (detail: string) => new ProblemError('bad-request', detail);

/** Returns every Content-Type line that goes upstream. Of two, readers might take either. */
function contentTypesOf({ forward }: ReadHeaders): string[] {
  return forward.filter((_value, index) => index % 2 === 1 && forward[index - 1] === 'content-type');
}

/**
 * Reads the request, once, as the API server will read it. Refuses (400) what the two could read
 * differently.
 */
export function readKubeRequest(exchange: ClusterExchange): void {
  const headers = exchange.headers!;
  const method = exchange.request.method ?? '';
  if (!methods.has(method)) throw new ProblemError('method-not-allowed', 'The Kubernetes API has no such method.');
  refuseBadUpgrade(exchange, headers, ['websocket', 'spdy/3.1']);
  const target = parseRequestTarget(exchange.rawTarget);
  if (!target.ok) throw bad(target.reason);
  const hasBody = headers.chunked || (headers.contentLength ?? 0) > 0;
  const kube = readRequestInfo({
    method,
    path: target.path,
    segments: target.segments,
    query: target.query,
    hasBody,
    contentTypes: method === 'PATCH' ? contentTypesOf(headers) : undefined,
  });
  exchange.asked = kube;
  refuseSpecialVerb(kube);
  // Kubelets before Kubernetes 1.25 prefer `cmd` in a form to `cmd` in the query, which is the one in the event.
  if (kube.kubelet && hasBody) throw bad('Send the command for a kubelet in the query, without a body.');
  if (headers.contentLength !== undefined) exchange.bytesIn = headers.contentLength;
  if (exchange.upgrade && !['exec', 'attach', 'portforward', 'proxy', 'watch', 'log'].includes(kube.stream ?? ''))
    throw bad('This address does not accept an upgrade.');
  if (exchange.upgrade && headers.upgrade !== 'websocket' && (kube.stream === 'watch' || kube.stream === 'log'))
    throw bad('A watch or a log can be upgraded to websocket only.');
  if (!exchange.upgrade && headers.upgrade === undefined && method !== 'GET' && method !== 'POST') return;
  if (!exchange.upgrade && (kube.stream === 'exec' || kube.stream === 'attach' || kube.stream === 'portforward'))
    throw bad(`${kube.subresource} needs an upgrade to websocket or SPDY/3.1.`);
}
