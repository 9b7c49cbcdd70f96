import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema, type ClusterConfig } from '@sallyport/contracts';
import { ConfigFaults, createLogger } from '@sallyport/kit';
import type { Upstream } from '../upstream/upstream.ts';
import { noConnectors } from '../testing/no-connectors.ts';
import { createClusterSet, type ClusterSet } from './cluster-set.ts';

let directory: string;
let set: ClusterSet;
const servers: Server[] = [];
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-clusters-'));
});
afterEach(async () => {
  await set.upstreams.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(directory, { recursive: true });
});

async function serve(listener: RequestListener = (_request, response) => void response.end('ok')) {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, sockets };
}
const clusters = (...list: object[]): ClusterConfig[] =>
  configSchema.parse({ gateway: { url: 'http://gate' }, clusters: list }).clusters;
const open = async (list: ClusterConfig[]) => {
  set = await createClusterSet(list, {
    resolvePath: (file) => path.resolve(directory, file),
    timeouts: { connect: 1000, firstByte: 1000 },
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    now: Date.now,
    through: noConnectors,
  });
};
const get = (upstream: Upstream, where = '/') =>
  new Promise<string>((resolve) => {
    let text = '';
    upstream.dispatch(
      { method: 'GET', path: where, headers: [] },
      {
        onStart() {},
        onHead() {},
        onData: (chunk) => {
          text += String(chunk);
        },
        onEnd: () => resolve(text),
        onError: (error) => resolve(`failed: ${error.message}`),
      },
    );
  });
const sleep = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

describe('the clusters of a running gateway', () => {
  it('are added and found by name and host, and listed', async () => {
    const { url } = await serve();
    await open(clusters({ name: 'dev', server: url, token: 't' }));
    const dev = set.upstreams.byName('dev')!;
    await set.replace(
      clusters(
        { name: 'dev', server: url, token: 't', policy: [], explain: true, policies: ['x'] },
        { name: 'prod', server: url, token: 't', host: 'prod.example.com' },
      ),
    );
    expect(set.upstreams.byName('dev')).toBe(dev);
    expect(set.upstreams.byHost('prod.example.com:8443')?.name).toBe('prod');
    expect(set.current().map(({ name }) => name)).toEqual(['dev', 'prod']);
    expect(await get(set.upstreams.byName('prod')!)).toBe('ok');
  });

  it('have all their connections cut when they are removed, including requests and upgrades', async () => {
    const { url, sockets } = await serve((request, response) => {
      if (request.url === '/watch') response.write('begun');
      else response.end('ok');
    });
    await open(clusters({ name: 'dev', server: url, token: 't' }));
    const dev = set.upstreams.byName('dev')!;
    const watch = get(dev, '/watch');
    const upgrade = dev.connect();
    upgrade.on('error', () => {});
    await once(upgrade, 'connect');
    await sleep(50);
    await set.replace([]);
    expect(await watch).toMatch(/^failed/);
    await sleep(50);
    expect(upgrade.destroyed).toBe(true);
    expect(sockets.size).toBe(0);
    expect(set.upstreams.byName('dev')).toBeUndefined();
  });

  it('finish the requests in flight when they change, while new ones go to the new address', async () => {
    let finish = () => {};
    const old = await serve((request, response) => {
      if (request.url !== '/slow') return void response.end('old');
      finish = () => response.end('old, late');
    });
    const other = await serve((_request, response) => void response.end('new'));
    await open(clusters({ name: 'dev', server: old.url, token: 't' }));
    const before = set.upstreams.byName('dev')!;
    const slow = get(before, '/slow');
    await sleep(50);
    await set.replace(clusters({ name: 'dev', server: other.url, token: 't' }));
    expect(await get(set.upstreams.byName('dev')!)).toBe('new');
    // A request that was authorized before the change.
    expect(await get(before)).toBe('old');
    finish();
    expect(await slow).toBe('old, late');
    await sleep(50);
    expect(old.sockets.size).toBe(0);
  });

  it('are connected to again when the content of their files changes', async () => {
    const { url } = await serve();
    writeFileSync(path.join(directory, 'ca.crt'), 'one');
    const list = clusters({ name: 'dev', server: url, token: 't', caFile: 'ca.crt' });
    await open(list);
    const before = set.upstreams.byName('dev');
    await set.replace(list);
    expect(set.upstreams.byName('dev')).toBe(before);
    writeFileSync(path.join(directory, 'ca.crt'), 'two');
    await set.replace(list);
    expect(set.upstreams.byName('dev')).not.toBe(before);
  });

  it('stay unchanged when one of the new ones is faulty', async () => {
    const { url } = await serve();
    await open(clusters({ name: 'dev', server: url, token: 't' }));
    const dev = set.upstreams.byName('dev')!;
    await expect(
      set.replace(
        clusters({ name: 'prod', server: url, token: 't' }, { name: 'broken', server: url, tokenFile: 'nowhere' }),
      ),
    ).rejects.toThrow(ConfigFaults);
    expect(set.current().map(({ name }) => name)).toEqual(['dev']);
    expect(set.upstreams.byName('prod')).toBeUndefined();
    expect(await get(dev)).toBe('ok');
  });
});
