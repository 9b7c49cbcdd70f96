import { Http1Error, checkField, checkRequestLine, type Http1Request } from '@sallyport/http1';

/** A request without a body. */
export type BodilessRequest = Pick<Http1Request, 'method' | 'path' | 'headers' | 'fresh'>;

const edgeBlank = /^[\t ]|[\t ]$/;

/**
 * Writes a request as the fields of HTTP/2 (RFC 9113, 8.3.1), names and values in turn. Throws for what cannot be sent.
 * Blanks around a value are among that: a server drops them in HTTP/1.1, and keeps them here.
 */
export function writeFields({ method, path, headers }: BodilessRequest, authority: string): string[] {
  checkRequestLine(method, path);
  const fields = [':method', method, ':scheme', 'https', ':authority', authority, ':path', path];
  for (let index = 0; index < headers.length; index += 2) {
    const [name, value] = [headers[index]!, headers[index + 1]!];
    checkField(name, value);
    if (edgeBlank.test(value)) throw new Http1Error('INVALID_REQUEST', 'a header value begins or ends with a blank');
    fields.push(name.toLowerCase(), value);
  }
  return fields;
}
