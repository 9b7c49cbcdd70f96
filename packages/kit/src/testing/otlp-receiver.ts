import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from './eventually.ts';
import { readOtlp, type ReceivedSpan } from './read-otlp.ts';

const take = (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
};

/** Starts a receiver on loopback. `answer` decides what it answers; it takes everything unless given. */
export async function startOtlpReceiver(answer = take, port = 0) {
  const bodies: Buffer[] = [];
  const requests: { path: string; contentType: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', contentType: request.headers['content-type'] });
      bodies.push(Buffer.concat(chunks));
      answer(request, response);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const spans = () => bodies.flatMap(readOtlp);
  const names = () => spans().map(({ name }) => name);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The bodies of the requests. */
    bodies,
    /** Where they were sent to, and as what. */
    requests,
    /** Returns the spans of all requests. */
    spans,
    /** Resolves once the condition is met. Rejects after `ms` milliseconds. */
    until: (met: (spans: ReceivedSpan[]) => boolean, ms?: number): Promise<ReceivedSpan[]> =>
      eventually(
        'spans',
        () => {
          const found = spans();
          return met(found) && found;
        },
        ms,
        () => `besides ${names().join(', ')}`,
      ),
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
export type OtlpReceiver = Awaited<ReturnType<typeof startOtlpReceiver>>;
