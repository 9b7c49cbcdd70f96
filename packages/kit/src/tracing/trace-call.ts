import { toProblem } from '../problem/problem-error.ts';
import type { Span, SpanAttributes } from './span.ts';

/** Returns the attributes that name a server. */
export function peerAttributes(url: string): SpanAttributes {
  const { hostname, port, protocol } = new URL(url);
  return {
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  };
}

/**
 * Makes a call to another service as a part of `parent`. `send` gets the span of the call. Neither path nor query are in
 * it, because they can name people.
 */
export async function traceCall<Answer extends { status: number }>(
  parent: Span,
  { method, service, peer }: { method: string; service: string; peer: SpanAttributes },
  send: (span: Span) => Promise<Answer>,
): Promise<Answer> {
  const attributes = { 'http.request.method': method, ...peer };
  const span = parent.begin({ name: `${method} ${service}`, kind: 'client', attributes });
  try {
    const answer = await send(span);
    span.set({ 'http.response.status_code': answer.status });
    span.end();
    return answer;
  } catch (error) {
    span.end({ error: toProblem(error).code });
    throw error;
  }
}
