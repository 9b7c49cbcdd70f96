import { Http1Error } from './http1-error.ts';

const method = /^[A-Z]{1,20}$/;
/** Origin form: no white space, no control characters, one character per byte. */
const target = /^\/[\x21-\x7e\x80-\xff]*$/;
const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const value = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * The head of a request. `headers` alternates names and values, one character per byte, without Host, Connection and the
 * lines that frame a body.
 */
export type RequestHead = { readonly method: string; readonly path: string; readonly headers: readonly string[] };

/** Names that are known to be valid. The callers use a small set of names. */
const validNames = new Set<string>();
const maxValidNames = 500;

/** Throws Http1Error for a header that cannot be sent. Its value has one character per byte. */
export function checkField(fieldName: string, fieldValue: string): void {
  if (!validNames.has(fieldName)) {
    if (!name.test(fieldName))
      throw new Http1Error('INVALID_REQUEST', 'a header name contains a character that cannot be sent');
    if (validNames.size < maxValidNames) validNames.add(fieldName);
  }
  if (!value.test(fieldValue))
    throw new Http1Error('INVALID_REQUEST', 'a header value contains a character that cannot be sent');
}

/** Throws Http1Error for a method or a target that cannot be sent. */
export function checkRequestLine(requestMethod: string, path: string): void {
  if (!method.test(requestMethod) || !target.test(path))
    throw new Http1Error('INVALID_REQUEST', 'the method or the target cannot be sent');
}

/**
 * Writes the head of a request, one character per byte, with the line that frames its body, if there is one. Throws
 * Http1Error for anything that would change the meaning of the request.
 */
export function writeRequestHead(request: RequestHead, host: string, framing: number | 'chunked' | undefined): string {
  checkRequestLine(request.method, request.path);
  let text = `${request.method} ${request.path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  const { headers } = request;
  for (let index = 0; index < headers.length; index += 2) {
    checkField(headers[index]!, headers[index + 1]!);
    text += `${headers[index]!}: ${headers[index + 1]!}\r\n`;
  }
  if (framing === undefined) return `${text}\r\n`;
  return framing === 'chunked'
    ? `${text}transfer-encoding: chunked\r\n\r\n`
    : `${text}content-length: ${framing}\r\n\r\n`;
}
