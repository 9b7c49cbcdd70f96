import { Http1Error, checkField, checkRequestLine } from '@sallyport/http1';

/** The head of a request as one over HTTP/1.1 would be read. `lines` has names and values in turn, the host first. */
export type RequestHead = { method: string; path: string; lines: string[] };

/** Why the head of a request is refused. */
export class HeadError extends Error {
  override readonly name = 'HeadError';
}

/** As over HTTP/1.1. Node.js keeps the limit that a connection announces only once the client has acknowledged it. */
const maxBytes = 64 * 1024;
const digits = /^\d{1,15}$/;
const edgeBlank = /^[\t ]|[\t ]$/;

function checkPseudo(pseudo: Readonly<Record<string, string>>, host: string | undefined): RequestHead {
  const { ':method': method = '', ':path': path = '', ':scheme': scheme, ':authority': authority = host } = pseudo;
  if (scheme !== 'https') throw new HeadError('the scheme is not https');
  if (authority === undefined || authority === '') throw new HeadError('the host is missing');
  if (host !== undefined && host !== authority) throw new HeadError('the host differs from the authority');
  if (method === 'CONNECT') throw new HeadError('the gateway does not connect to other hosts');
  return { method, path, lines: ['host', authority] };
}

/**
 * Reads the fields of a request (RFC 9113, 8.3.1), which are given as they were received. Node.js has refused
 * pseudo-headers that are missing, repeated or late, names in upper case, and fields about a connection. `hasBody`:
 * whether the head does not end the stream. Throws HeadError for what two readers could understand differently, and for
 * what cannot be written in HTTP/1.1.
 */
export function readHead(fields: readonly string[], hasBody: boolean): RequestHead {
  const pseudo: Record<string, string> = {};
  const lines: string[] = [];
  let [host, cookie, length]: (string | undefined)[] = [];
  let bytes = 0;
  for (let at = 0; at < fields.length; at += 2) {
    const [name, value] = [fields[at]!, fields[at + 1]!];
    if ((bytes += name.length + value.length + 4) > maxBytes) throw new HeadError('the head is too long');
    if (edgeBlank.test(value)) throw new HeadError('a value begins or ends with a blank');
    if (name.startsWith(':')) pseudo[name] = value;
    else if (name === 'host') {
      if (host !== undefined) throw new HeadError('the host appears twice');
      host = value;
    } else if (name === 'cookie') {
      // The pieces of one line (RFC 9113, 8.2.3).
      cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    } else if (name !== 'te') {
      lines.push(name, value);
      if (name !== 'content-length') continue;
      if (length !== undefined || !digits.test(value)) throw new HeadError('the length of the body cannot be read');
      length = value;
    }
  }
  if (cookie !== undefined) lines.push('cookie', cookie);
  if (hasBody && length === undefined) lines.push('transfer-encoding', 'chunked');
  if (!hasBody && Number(length ?? 0) > 0) throw new HeadError('the body is missing');
  const head = checkPseudo(pseudo, host);
  head.lines.push(...lines);
  try {
    checkRequestLine(head.method, head.path);
    for (let at = 0; at < head.lines.length; at += 2) checkField(head.lines[at]!, head.lines[at + 1]!);
  } catch (error) {
    if (error instanceof Http1Error) throw new HeadError(error.message);
    throw error;
  }
  return head;
}
