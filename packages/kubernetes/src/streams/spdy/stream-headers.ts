import { StreamFault, type StreamChannel } from '../observer/stream-observer.ts';

export type SpdyKind = 'exec' | 'portforward';

/** The purpose of a stream, from the headers that open it. */
type StreamHeaders = { type: StreamChannel; port?: number; requestId?: string };

const types: Record<SpdyKind, readonly string[]> = {
  exec: ['error', 'stdin', 'stdout', 'stderr', 'resize'],
  portforward: ['error', 'data'],
};

// kubectl numbers its connections. Longer ids would only cost memory.
const maxRequestId = 64;

// Go's http.Header returns the first of several values, other readers the last.
function single(headers: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = headers.get(name);
  if (value?.includes('\0')) throw new StreamFault(`several values of the header ${name}`);
  return value;
}

/** Reads the purpose of a stream from its headers. Throws StreamFault for an unknown type of stream. */
export function readStreamHeaders(kind: SpdyKind, headers: ReadonlyMap<string, string>): StreamHeaders {
  const type = single(headers, 'streamtype');
  if (type === undefined || !types[kind].includes(type)) throw new StreamFault('a stream of an unknown type');
  if (kind === 'exec') return { type: type as StreamChannel };
  const port = single(headers, 'port');
  if (port === undefined || !/^\d{1,10}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    throw new StreamFault('a stream without a port');
  const requestId = single(headers, 'requestid');
  if (requestId !== undefined && requestId.length > maxRequestId)
    throw new StreamFault(`a request id of more than ${maxRequestId} characters`);
  return { type: type as StreamChannel, port: Number(port), ...(requestId !== undefined && { requestId }) };
}
