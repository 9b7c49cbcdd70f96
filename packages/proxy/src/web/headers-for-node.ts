import type { Exchange } from '../exchange/exchange.ts';

/** For these, Node chooses the chunked coding by itself. With the header, httpxy would close the connection. */
const chunkedByNode = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Returns the upstream headers of an exchange as Node's client takes them: repeated lines as a list, which it sends as
 * separate lines again. The length of the body is what the gateway's own parser found.
 */
export function headersForNode({
  upstreamHeaders,
  headers,
  route,
  request,
}: Exchange): Record<string, string | string[]> {
  const result: Record<string, string | string[]> = { host: route!.hostHeader };
  for (let index = 0; index < upstreamHeaders.length; index += 2) {
    const name = upstreamHeaders[index]!;
    const value = upstreamHeaders[index + 1]!;
    const known = Object.hasOwn(result, name) ? result[name] : undefined;
    if (known === undefined) result[name] = value;
    else if (typeof known === 'string') result[name] = [known, value];
    else known.push(value);
  }
  if (headers!.contentLength !== undefined) result['content-length'] = String(headers!.contentLength);
  else if (headers!.chunked && !chunkedByNode.has(request.method!)) result['transfer-encoding'] = 'chunked';
  else if (!headers!.chunked && chunkedByNode.has(request.method!)) result['content-length'] = '0';
  return result;
}
