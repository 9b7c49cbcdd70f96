import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClusterConfig } from '@sallyport/contracts';
import { server as certificate, serverKey } from '../testing/client-certificates.ts';
import { createFixedTokenSource } from './cluster-access.ts';
import { createUpstream, type Upstream } from './upstream.ts';

const toClose: (() => unknown)[] = [];
afterEach(() => Promise.all(toClose.splice(0).map((close) => close())));

/** Listens, and returns the gateway's way there. */
async function reach(cluster: Server, more: Partial<ClusterConfig> = {}): Promise<Upstream> {
  await once(cluster.listen(0, '127.0.0.1'), 'listening');
  const { port } = cluster.address() as AddressInfo;
  return createUpstream({
    cluster: { name: 'dev', impersonate: { groups: ['*'], allowSystem: [] }, ...more },
    access: {
      server: `https://127.0.0.1:${port}`,
      ca: certificate,
      serverName: 'localhost',
      token: createFixedTokenSource('t'),
      clientCert: undefined,
      clientKey: undefined,
    },
    timeouts: { connect: 5000, firstByte: 5000 },
  });
}

/** Starts a cluster that speaks both versions, and the gateway's way to it. */
async function start(more: Partial<ClusterConfig> = {}, speaks: 'both' | 'HTTP/1.1' = 'both') {
  const versions: string[] = [];
  let connections = 0;
  const answer = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => {
    versions.push(request.httpVersion);
    response.setHeader('content-type', 'application/json');
    if (request.url!.includes('watch')) (response as ServerResponse).write('{}\n');
    else response.end('{}');
  };
  const tls = { cert: certificate, key: serverKey };
  const cluster =
    speaks === 'both' ? createSecureServer({ ...tls, allowHTTP1: true }, answer) : createServer(tls, answer);
  cluster.on('secureConnection', () => (connections += 1)).on('sessionError', () => {});
  const upstream = await reach(cluster, more);
  toClose.push(() => upstream.close().then(() => cluster.close()));
  return { upstream, versions, connections: () => connections };
}

/** Sends a request, and waits for the first byte of its body, which must not come before the head. */
const first = (upstream: Upstream, path: string) =>
  new Promise<void>((resolve, reject) => {
    let hasHead = false;
    const request = { method: 'GET', path, headers: ['Authorization', 'Bearer t', 'Impersonate-User', 'alice'] };
    const handler = {
      onStart() {},
      onHead: () => void (hasHead = true),
      onData: () => (hasHead ? resolve() : reject(new Error('no head yet'))),
      onEnd() {},
      onError: reject,
    };
    if (path.includes('watch')) upstream.dispatchWatch(request, handler);
    else upstream.dispatch(request, handler);
  });
const watches = (upstream: Upstream) =>
  Promise.all(Array.from({ length: 20 }, () => first(upstream, '/api/v1/pods?watch=1')));

describe('watches of a cluster', () => {
  it('share connections if the cluster speaks HTTP/2, while plain requests use HTTP/1.1', async () => {
    const { upstream, versions, connections } = await start();
    expect(upstream.watchProtocol()).toBeUndefined();
    await watches(upstream);
    expect(upstream.watchProtocol()).toBe('HTTP/2');
    expect([connections(), upstream.shared()]).toEqual([2, { connections: 2, streams: 20 }]);
    await first(upstream, '/api/v1/pods');
    expect([connections(), versions.filter((one) => one === '1.1').length]).toEqual([3, 1]);
  });

  it.each([
    ['it speaks HTTP/1.1 only', {}, 'HTTP/1.1'],
    ['it is configured so', { http2: false }, 'both'],
  ] as const)('have a connection each if %s', async (_why, more, speaks) => {
    const { upstream, versions, connections } = await start(more, speaks);
    await watches(upstream);
    expect([new Set(versions), upstream.shared()]).toEqual([new Set(['1.1']), undefined]);
    expect(upstream.watchProtocol()).toBe('HTTP/1.1');
    expect(connections()).toBeGreaterThanOrEqual(20);
  });
});
