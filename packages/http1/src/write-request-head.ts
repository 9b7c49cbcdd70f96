import { Http1Error } from './http1-error.ts';

const method = /^[A-Z]{1,20}$/;
/** Origin form: no white space, no control character, one character a byte. */
const target = /^\/[\x21-\x7e\x80-\xff]*$/;
const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * A request as it is to be sent: `headers` flat (name, value, ...), one character a byte, without Host, Connection and
 * what frames a body.
 */
export type RequestHead = { readonly method: string; readonly path: string; readonly headers: readonly string[] };

/** Names that were found good: they come from a short list of our own code. */
const knownNames = new Set<string>();
const maxKnown = 500;

function checkName(text: string): void {
  if (knownNames.has(text)) return;
  if (!name.test(text)) throw new Http1Error('INVALID_REQUEST', 'a header name holds a character that cannot be sent');
  if (knownNames.size < maxKnown) knownNames.add(text);
}

/**
 * The head of a request as text of one character a byte, with the line that frames its body: a length, chunks, or none
 * where there is no body. Throws Http1Error for what would change its meaning on the way.
 */
export function writeRequestHead(request: RequestHead, host: string, framing: number | 'chunked' | undefined): string {
  if (!method.test(request.method) || !target.test(request.path))
    throw new Http1Error('INVALID_REQUEST', 'the method or the target cannot be sent');
  let text = `${request.method} ${request.path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  const { headers } = request;
  for (let index = 0; index < headers.length; index += 2) {
    checkName(headers[index]!);
    if (!value.test(headers[index + 1]!))
      throw new Http1Error('INVALID_REQUEST', 'a header value holds a character that cannot be sent');
    text += `${headers[index]!}: ${headers[index + 1]!}\r\n`;
  }
  if (framing === undefined) return `${text}\r\n`;
  return framing === 'chunked'
    ? `${text}transfer-encoding: chunked\r\n\r\n`
    : `${text}content-length: ${framing}\r\n\r\n`;
}
