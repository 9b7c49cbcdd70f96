import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { CarrierError } from '../shared/carrier-error.ts';

const mostBytes = 64 * 1024;

/**
 * Ends the connection of a connector that sends a head before that of the response (1xx). None does, and many of them
 * cost more memory than their bytes.
 */
export function refuseEarlyHeads(stream: ClientHttp2Stream): void {
  const { session } = stream;
  stream.once('headers', () => session?.destroy(new CarrierError('protocol', 'it sent an early head')));
}

/** Sends a request for the connector itself, and passes on its answer. Calls `onEnd` once, with an error if it is not whole. */
export function askConnector(
  session: ClientHttp2Session,
  path: string,
  { onData, onEnd }: { onData(chunk: Buffer): void; onEnd(error?: Error): void },
): void {
  const stream = session.request({ ':method': 'GET', ':path': path });
  let status: number | undefined;
  let outcome: Error | undefined = new CarrierError('protocol', `no answer to ${path}`);
  stream.on('error', () => {});
  refuseEarlyHeads(stream);
  stream.on('response', (headers) => {
    status = headers[':status'];
  });
  stream.on('data', (chunk: Buffer) => onData(chunk));
  stream.on('end', () => {
    if (status === 200 && !stream.aborted && stream.rstCode === 0) outcome = undefined;
  });
  stream.on('close', () => onEnd(outcome));
}

/** Sends a request, and returns its whole answer. */
export function readAnswer(session: ClientHttp2Session, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let whole = '';
    askConnector(session, path, {
      onData(chunk) {
        whole += chunk.toString('latin1');
        if (whole.length > mostBytes) reject(new CarrierError('protocol', `the answer to ${path} is too long`));
      },
      onEnd: (error) => (error ? reject(error) : resolve(whole)),
    });
  });
}
