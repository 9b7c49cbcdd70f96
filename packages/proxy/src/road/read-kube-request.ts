import { ProblemError } from '@sallyport/kit';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import type { Exchange, Step } from '../exchange/exchange.ts';
import type { ReadHeaders } from '../headers/read-headers.ts';
import { refuseSpecialVerb } from './refuse-special-verb.ts';

/** The methods that the Kubernetes API has; any other could be read differently by what stands behind it. */
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

const bad = (detail: string) => new ProblemError('bad-request', detail);

/**
 * An upgrade has no body and nothing behind its head: Node hands pipelined requests over as `head`, and they would
 * reach the cluster unjudged.
 */
function refuseBadUpgrade(exchange: Exchange, headers: ReadHeaders): void {
  const { upgrade } = headers;
  if (!exchange.upgrade) {
    if (upgrade !== undefined || headers.connection?.includes('upgrade'))
      throw bad('The request asks for an upgrade in a form that is not understood.');
    return;
  }
  if (upgrade !== 'websocket' && upgrade !== 'spdy/3.1')
    throw bad('Only upgrades to websocket and SPDY/3.1 are known here.');
  if (exchange.upgrade.head.length > 0) throw bad('Bytes follow the head of an upgrade request.');
  if (headers.chunked || (headers.contentLength ?? 0) > 0) throw bad('An upgrade request carries no body.');
  const method = exchange.request.method;
  if (upgrade === 'websocket' ? method !== 'GET' : method !== 'POST' && method !== 'GET')
    throw bad('The method does not go with this upgrade.');
}

/** Every Content-Type line as it goes upstream: of two, readers might take either. */
function contentTypesOf({ forward }: ReadHeaders): string[] {
  return forward.filter((_value, index) => index % 2 === 1 && forward[index - 1] === 'content-type');
}

/** Reads what is asked, once, as the API server will read it. Refuses (400) whatever the two could read differently. */
export function createReadKubeRequest(): Step {
  return (exchange) => {
    const headers = exchange.headers!;
    const method = exchange.request.method ?? '';
    if (!methods.has(method)) throw new ProblemError('method-not-allowed', 'The Kubernetes API knows no such method.');
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
      ...(method === 'PATCH' ? { contentTypes: contentTypesOf(headers) } : {}),
    });
    exchange.kube = kube;
    refuseSpecialVerb(kube);
    // Kubelets before Kubernetes 1.25 take a form's `cmd` before that of the query, which is what the event has.
    if (kube.kubelet && hasBody) throw bad('What a kubelet is to run stands in the query, and nothing in a body.');
    if (headers.contentLength !== undefined) exchange.bytesIn = headers.contentLength;
    if (exchange.upgrade && !['exec', 'attach', 'portforward', 'proxy', 'watch', 'log'].includes(kube.stream ?? ''))
      throw bad('This address takes no upgrade.');
    if (exchange.upgrade && headers.upgrade !== 'websocket' && (kube.stream === 'watch' || kube.stream === 'log'))
      throw bad('A watch or a log takes an upgrade to websocket only.');
    if (!exchange.upgrade && headers.upgrade === undefined && method !== 'GET' && method !== 'POST') return;
    if (!exchange.upgrade && (kube.stream === 'exec' || kube.stream === 'attach' || kube.stream === 'portforward'))
      throw bad(`${kube.subresource} needs an upgrade to websocket or SPDY/3.1.`);
  };
}
