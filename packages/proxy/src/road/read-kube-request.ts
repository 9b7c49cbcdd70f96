import { ProblemError } from '@sallyport/kit';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import type { Exchange, Step } from '../exchange/exchange.ts';
import type { ReadHeaders } from '../headers/read-headers.ts';
import { refuseSpecialVerb } from './refuse-special-verb.ts';

/** The methods of the Kubernetes API. Servers behind the gateway could read any other method differently. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const bad = (detail: string) => new ProblemError('bad-request', detail);

/**
 * Refuses an upgrade with a body or with bytes after its head. Node hands over pipelined requests as `head`, and they
 * would reach the cluster unauthorized.
 */
function refuseBadUpgrade(exchange: Exchange, headers: ReadHeaders): void {
  const { upgrade } = headers;
  if (!exchange.upgrade) {
    if (upgrade !== undefined || headers.connection?.includes('upgrade'))
      throw bad('The request asks for an upgrade in a form that the gateway does not understand.');
    return;
  }
  if (upgrade !== 'websocket' && upgrade !== 'spdy/3.1')
    throw bad('The gateway supports upgrades to websocket and SPDY/3.1 only.');
  if (exchange.upgrade.head.length > 0) throw bad('Bytes follow the head of an upgrade request.');
  if (headers.chunked || (headers.contentLength ?? 0) > 0) throw bad('An upgrade request must not have a body.');
  const method = exchange.request.method;
  if (upgrade === 'websocket' ? method !== 'GET' : method !== 'POST' && method !== 'GET')
    throw bad('This upgrade does not support the method.');
}

/** Returns every Content-Type line that goes upstream. Of two, readers might take either. */
function contentTypesOf({ forward }: ReadHeaders): string[] {
  return forward.filter((_value, index) => index % 2 === 1 && forward[index - 1] === 'content-type');
}

/**
 * Creates the step that reads the request, once, as the API server will read it. Refuses (400) what the two could read
 * differently.
 */
export function createReadKubeRequest(): Step {
  return (exchange) => {
    const headers = exchange.headers!;
    const method = exchange.request.method ?? '';
    if (!methods.has(method)) throw new ProblemError('method-not-allowed', 'The Kubernetes API has no such method.');
    refuseBadUpgrade(exchange, headers);
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
    exchange.kube = kube;
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
  };
}
