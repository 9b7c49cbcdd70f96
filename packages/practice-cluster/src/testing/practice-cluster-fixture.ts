import { request as httpRequest } from 'node:http';
import { text as readText } from 'node:stream/consumers';
import type { IncomingMessage } from 'node:http';
import { afterEach, beforeEach } from '@jest/globals';
import { createPracticeCluster } from '../server/create-practice-cluster.ts';
import type { PracticeCluster, PracticeClusterOptions } from '../server/create-practice-cluster.ts';
import type { PracticeRequest } from '../server/handle-request.ts';

type Answer = {
  code: number;
  body: Record<string, unknown> & {
    items: { metadata: { name: string } }[];
    metadata: Record<string, string>;
    message: string;
  };
  headers: IncomingMessage['headers'];
};
export type Ask = { token?: string; headers?: Record<string, string | string[]>; body?: unknown; type?: string };

export let cluster: PracticeCluster;
export let seen: PracticeRequest[];

/** Starts the cluster of a test. */
export async function start(options: PracticeClusterOptions = {}): Promise<void> {
  seen = [];
  cluster = createPracticeCluster({
    adminToken: 'admin',
    tokens: { gateway: { user: 'system:serviceaccount:sallyport:gateway' } },
    onRequest: (request) => seen.push(request),
    ...options,
  });
  await cluster.listen();
}

/** Sends a request, as the administrator by default, and reads the answer. */
export async function ask(
  method: string,
  path: string,
  { token = 'admin', headers = {}, body, type = 'application/json' }: Ask = {},
): Promise<Answer> {
  const message = await send(
    method,
    path,
    {
      ...headers,
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': type }),
    },
    body,
  );
  const text = await readText(message);
  return {
    code: message.statusCode ?? 0,
    body: message.headers['content-type']?.startsWith('application/json') ? JSON.parse(text || 'null') : { text },
    headers: message.headers,
  };
}

/** Sends a request and resolves when the head of the answer arrives. */
function send(
  method: string,
  path: string,
  headers: Record<string, string | string[]>,
  body?: unknown,
): Promise<IncomingMessage> {
  const { hostname, port } = new URL(cluster.url);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers, agent: false }, resolve).on('error', reject);
    if (body === undefined) return void request.end();
    // As bytes: with a string, Node would encode the bytes of the headers as UTF-8 again.
    const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    request.setHeader('content-length', bytes.length).end(bytes);
  });
}

/** Yields the events of a watch. */
export async function* lines(
  message: IncomingMessage,
): AsyncGenerator<{ type: string; object: Record<string, unknown> & { metadata: Record<string, unknown> } }> {
  let rest = '';
  for await (const chunk of message) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop()!;
    for (const part of parts) yield JSON.parse(part);
  }
}

/** Opens a stream as the administrator. */
export function watch(path: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return send('GET', path, { authorization: 'Bearer admin', ...headers });
}

export const dev = '/api/v1/namespaces/dev';
/** Returns the options for a request of the gateway on behalf of a user. */
export const as = (user: string, ...groups: string[]): Ask => ({
  token: 'gateway',
  headers: { 'Impersonate-User': user, ...(groups.length > 0 && { 'Impersonate-Group': groups }) },
});
export const configMap = (name: string, data: Record<string, string> = {}): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

/** Starts a cluster before each test of the file and closes it afterwards. */
export function useCluster(): void {
  beforeEach(() => start());
  afterEach(() => cluster.close());
}
