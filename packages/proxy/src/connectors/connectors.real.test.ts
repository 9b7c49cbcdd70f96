import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { OpenCarrier } from '@sallyport/carrier/connector';
import { until } from '@sallyport/kit/testing';
import { stranger, strangerKey } from '../testing/client-certificates.ts';
import { createConnectorRig, type ConnectorRig, type Replica } from '../testing/connector-rig.ts';
import { appHost } from '../testing/web-rig.ts';

let rig: ConnectorRig;
afterEach(() => rig.close());

const bearer = { authorization: 'Bearer spt_0123456789012345678901234567890123456789012' };
const cookie = { host: appHost, cookie: '__Host-sallyport-route=spt_x' };

function ask({ url }: Replica, path: string, headers: Record<string, string> = bearer, method = 'GET') {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  httpRequest({ host: url.hostname, port: url.port, path, headers, method, agent: false })
    .on('response', resolve)
    .on('error', reject)
    .end();
  return promise;
}
async function get(replica: Replica, path: string, headers?: Record<string, string>) {
  const answer = await ask(replica, path, headers);
  return { status: answer.statusCode, body: await text(answer) };
}
async function upgrade({ url }: Replica, path: string, headers: Record<string, string>) {
  const request = httpRequest({ host: url.hostname, port: url.port, path, headers, agent: false }).end();
  const [, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
  socket.on('error', () => {});
  return socket;
}
const pods = '/clusters/factory/api/v1/namespaces/default/pods';
const exec = `${pods}/web/exec?command=sh&stdin=true&stdout=true`;
const webSocket = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
  'sec-websocket-protocol': 'v5.channel.k8s.io',
};
const spdy = { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' };
/** A request that is answered, and whose body stays open. */
const watched: RequestListener = (request, response) => {
  if (request.url!.includes('watch=')) response.write('{"type":"ADDED"}\n');
  else response.end('short');
};
const carriersOf = async (replica: Replica, count: number) =>
  until(async () => (await replica.connectors.states())[0]!.carriers.length === count);

describe('a cluster behind a connector', () => {
  it('gets requests, WebSockets and SPDY as the user, with the token that the connector sent', async () => {
    rig = await createConnectorRig();
    const replica = await rig.startReplica();
    await rig.startConnector(replica);
    await carriersOf(replica, 1);
    const path = '/api/v1/namespaces/default/pods';
    for (let times = 0; times < 3; times += 1)
      expect(await get(replica, pods)).toEqual({ status: 200, body: `${path} as alice@example.com` });
    for (const headers of [webSocket, spdy]) {
      const socket = await upgrade(replica, exec, { ...bearer, ...headers });
      socket.write('hello');
      expect(String((await once(socket, 'data'))[0])).toContain('hello');
      socket.destroy();
    }
    expect(new Set(rig.seen.map((one) => one.headers.authorization))).toEqual(new Set(['Bearer token-of-factory']));
    // One connection for the short requests, and one for each upgrade.
    expect(rig.dialled).toEqual(Array.from({ length: 3 }, () => rig.server));
    expect(replica.events.map(({ type }) => type)).toContain('connector.connected');
    expect(JSON.stringify(replica.events)).not.toContain('token-of-factory');
  });

  it('keeps a watch open until the gateway cuts it', async () => {
    rig = await createConnectorRig({ answer: watched });
    const replica = await rig.startReplica();
    await rig.startConnector(replica);
    await carriersOf(replica, 1);
    const answer = await ask(replica, `${pods}?watch=true`);
    answer.on('error', () => {});
    expect(String((await once(answer, 'data'))[0])).toContain('ADDED');
    const { registry } = replica.roads.streams;
    const [stream] = registry.all();
    registry.cut(stream!, { reason: 'session-ended', code: 'unauthenticated', detail: 'over' });
    await once(answer.resume(), 'close');
    await until(() => rig.seen[0]!.socket.destroyed);
  });

  it('is answered with 503 within two seconds while the connector is not connected, with since when', async () => {
    rig = await createConnectorRig();
    const replica = await rig.startReplica();
    const before = Date.now();
    const never = await get(replica, pods);
    expect(Date.now() - before).toBeLessThan(20_000);
    expect(never.status).toBe(503);
    expect(JSON.parse(never.body)).toMatchObject({
      kind: 'Status',
      reason: 'ServiceUnavailable',
      message: expect.stringMatching(/^The connector "factory" has not connected since the gateway started at \d{4}-/),
    });
    const carrier = await rig.startConnector(replica);
    await carriersOf(replica, 1);
    await carrier.close();
    await carriersOf(replica, 0);
    const lost = await get(replica, pods);
    expect(lost.body).toMatch(/The connector \\"factory\\" has not been connected since \d{4}-\d\d-\d\dT/);
    expect((await get(replica, '/', cookie)).status).toBe(503);
    expect(replica.events.filter(({ type }) => type === 'k8s.request').map(({ data }) => data.responseStatus)).toEqual([
      expect.objectContaining({ code: 503, message: expect.stringContaining('has not connected') }),
      expect.objectContaining({ code: 503, message: expect.stringContaining('has not been connected') }),
    ]);
    expect(rig.seen).toEqual([]);
  });

  it('shows in the metrics its connections and the bytes both ways, also of connections that have ended', async () => {
    const size = 1_000_000;
    rig = await createConnectorRig({ answer: (_request, response) => void response.end('x'.repeat(size)) });
    const replica = await rig.startReplica();
    const bytesOf = async () => {
      const shown = await replica.metrics.getSingleMetricAsString('sallyport_connector_bytes_total');
      const found = shown.matchAll(/\{connector="factory",direction="(\w+)"\} (\d+)/g);
      return Object.fromEntries([...found].map(([, direction, count]) => [direction!, Number(count)]));
    };
    expect(await bytesOf()).toEqual({ received: 0, sent: 0 });
    expect(await replica.metrics.metrics()).toContain('sallyport_connector_carriers{connector="factory"} 0\n');
    const first = await rig.startConnector(replica);
    await carriersOf(replica, 1);
    await get(replica, pods);
    const shown = await replica.metrics.metrics();
    expect(shown).toMatch(/^sallyport_connector_round_trip_seconds\{connector="factory"\} \d/m);
    expect(shown).toContain('sallyport_connector_carriers{connector="factory"} 1\n');
    expect(shown).toContain('sallyport_connector_dials_total{connector="factory",result="connected"} 1\n');
    await first.close();
    await carriersOf(replica, 0);
    const ended = await bytesOf();
    expect(ended['received']).toBeGreaterThan(size);
    expect(ended['received']).toBeLessThan(size * 1.1);
    expect(ended['sent']).toBeGreaterThan(1000);
    await rig.startConnector(replica);
    await carriersOf(replica, 1);
    await get(replica, pods);
    expect((await bytesOf())['received']).toBeGreaterThan(2 * size);
  });

  it('is refused if the connector leads to a server that the CA of the cluster does not know', async () => {
    rig = await createConnectorRig({ tls: { cert: stranger, key: strangerKey } });
    const replica = await rig.startReplica();
    await rig.startConnector(replica);
    await carriersOf(replica, 1);
    expect(await get(replica, pods)).toMatchObject({ status: 502 });
    expect(rig.seen).toEqual([]);
  });

  it('is not reached at an address that is not on the list of the connector', async () => {
    rig = await createConnectorRig({ cluster: { server: 'https://localhost:1', credential: undefined, token: 't' } });
    const replica = await rig.startReplica();
    await rig.startConnector(replica);
    await carriersOf(replica, 1);
    expect(await get(replica, pods)).toMatchObject({ status: 502 });
    expect(rig.dialled).toEqual(['localhost:1']);
  });

  it('gets no token that the connector sends for another server', async () => {
    rig = await createConnectorRig();
    const replica = await rig.startReplica();
    const hello = { version: '1', reach: [], token: { server: 'kubernetes.default.svc:443' } };
    await rig.startConnector(replica, { hello: () => hello });
    await carriersOf(replica, 1);
    const { status, body } = await get(replica, pods);
    expect(status).toBe(503);
    expect(body).toContain('The connector \\"factory\\" has no token for this cluster.');
    // No other caller sends a request without a token, either.
    const upstream = replica.clusters.upstreams.byName('factory')!;
    expect(() => upstream.authorization()).toThrow('has no token for this cluster');
    expect(rig.seen).toEqual([]);
  });

  it('refuses a token once, and another is asked for', async () => {
    rig = await createConnectorRig({ answer: (_request, response) => void response.writeHead(401).end() });
    const replica = await rig.startReplica();
    let renewed = 0;
    const token = {
      current: () => ({ token: 'refused', secondsLeft: 600 }),
      subscribe: () => () => {},
      renew: () => void (renewed += 1),
    };
    await rig.startConnector(replica, { token });
    await carriersOf(replica, 1);
    expect(await get(replica, pods)).toMatchObject({ status: 401 });
    expect(await get(replica, pods)).toMatchObject({ status: 401 });
    await until(() => renewed === 1);
  });

  it('loses its connections and streams when the key is removed from the configuration', async () => {
    rig = await createConnectorRig({ answer: watched });
    const replica = await rig.startReplica();
    const carrier = await rig.startConnector(replica);
    await carriersOf(replica, 1);
    const answer = await ask(replica, `${pods}?watch=true`);
    answer.on('error', () => {}).resume();
    const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }) as string;
    replica.connectors.prepare([{ name: 'factory', publicKeys: [other] }])();
    await new Promise((resolve) => answer.once('close', resolve));
    await carrier.closed;
    expect((await get(replica, pods)).status).toBe(503);
    await expect(rig.startConnector(replica)).rejects.toMatchObject({ code: 'not-known' });
    await until(() => replica.events.some(({ type }) => type === 'connector.refused'));
    replica.connectors.prepare([])();
    await expect(rig.startConnector(replica)).rejects.toMatchObject({ status: 400 });
  });

  it('gets no further request over a connection whose connector is about to go', async () => {
    rig = await createConnectorRig();
    const replica = await rig.startReplica();
    const first = await rig.startConnector(replica);
    await carriersOf(replica, 1);
    await get(replica, pods);
    await rig.startConnector(replica);
    await carriersOf(replica, 2);
    const closed = first.close(60_000);
    await closed;
    expect(await get(replica, pods)).toMatchObject({ status: 200 });
    expect(rig.dialled).toHaveLength(2);
  });
});

describe('a web application behind a connector', () => {
  it('gets requests over kept connections, and WebSockets', async () => {
    rig = await createConnectorRig();
    const replica = await rig.startReplica();
    await rig.startConnector(replica);
    await carriersOf(replica, 1);
    for (let times = 0; times < 3; times += 1)
      expect(await get(replica, '/page', cookie)).toEqual({ status: 200, body: '/page as nobody' });
    const socket = await upgrade(replica, '/socket', { ...cookie, ...webSocket, origin: `https://${appHost}` });
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toContain('hello');
    socket.destroy();
    expect(rig.dialled).toHaveLength(2);
  });

  it('that is cut off within a response is an error, not an end', async () => {
    rig = await createConnectorRig({
      answer: (_request, response) => void response.writeHead(200, { connection: 'close' }).write('half'),
    });
    const replica = await rig.startReplica();
    const carrier: OpenCarrier = await rig.startConnector(replica);
    await carriersOf(replica, 1);
    const answer = await ask(replica, '/page', cookie);
    await once(answer, 'data');
    const failed = once(answer, 'error');
    await carrier.close();
    await failed;
  });
});

describe('a replica of the gateway without a connection of the connector', () => {
  it('hands requests, tunnels and the question for the token to one that has it', async () => {
    rig = await createConnectorRig();
    const [having, lacking] = [await rig.startReplica(), await rig.startReplica()];
    const carrier = await rig.startConnector(having);
    await carriersOf(having, 1);
    expect(await get(lacking, pods)).toMatchObject({ status: 200 });
    expect(await get(lacking, '/page', cookie)).toEqual({ status: 200, body: '/page as nobody' });
    const socket = await upgrade(lacking, exec, { ...bearer, ...webSocket });
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toContain('hello');
    const over = once(socket, 'close');
    await carrier.close();
    await over;
    // The last answer of authorize is used for a second.
    await until(async () => (await get(lacking, pods)).status === 503);
    expect((await get(having, pods)).status).toBe(503);
  });

  it('is answered with 503 if the other one has lost it, and hands it back to none', async () => {
    rig = await createConnectorRig();
    const [one, other] = [await rig.startReplica(), await rig.startReplica()];
    await rig.startConnector(one);
    await carriersOf(one, 1);
    // Each reports a connection that neither has.
    const { carriers } = one.connectors.report.status();
    for (const { connectors } of [one, other]) connectors.report.status = () => ({ carriers, peerAddress: '' });
    one.connectors.prepare([])();
    one.connectors.prepare(rig.config.connectors)();
    const { status, body } = await get(other, pods);
    expect({ status, code: (JSON.parse(body) as { reason: string }).reason }).toEqual({
      status: 503,
      code: 'ServiceUnavailable',
    });
    expect((await get(one, pods)).status).toBe(503);
    expect((await get(one, '/page', cookie)).status).toBe(503);
    expect(rig.dialled).toEqual([]);
  });

  it('ends a tunnel with an error, not with an end, when the other replica is gone', async () => {
    rig = await createConnectorRig({
      answer: (_request, response) => void response.writeHead(200, { connection: 'close' }).write('half'),
    });
    const [having, lacking] = [await rig.startReplica(), await rig.startReplica()];
    await rig.startConnector(having);
    await carriersOf(having, 1);
    const answer = await ask(lacking, '/page', cookie);
    await once(answer, 'data');
    const failed = once(answer, 'error');
    await having.close();
    await failed;
  });

  it('hands nothing to a replica with another key', async () => {
    rig = await createConnectorRig();
    const others = generateKeyPairSync('ed25519');
    const [having, lacking] = [await rig.startReplica(others), await rig.startReplica()];
    await rig.startConnector(having, { gatewayKeys: [others.publicKey] });
    await carriersOf(having, 1);
    expect((await get(lacking, pods)).status).toBe(503);
    expect(rig.dialled).toEqual([]);
  });

  it('hands them to one that stops until the connector is connected elsewhere', async () => {
    rig = await createConnectorRig();
    const [stopping, lacking] = [await rig.startReplica(), await rig.startReplica()];
    await rig.startConnector(stopping);
    await carriersOf(stopping, 1);
    expect(await get(lacking, pods)).toMatchObject({ status: 200 });
    stopping.connectors.release();
    expect(await get(lacking, pods)).toMatchObject({ status: 200 });
    await rig.startConnector(lacking);
    await stopping.connectors.close();
    expect(await get(lacking, pods)).toMatchObject({ status: 200 });
  });

  it('hands them to another one when the first one stops', async () => {
    rig = await createConnectorRig();
    const [first, second, lacking] = [await rig.startReplica(), await rig.startReplica(), await rig.startReplica()];
    await rig.startConnector(first);
    await carriersOf(first, 1);
    expect(await get(lacking, pods)).toMatchObject({ status: 200 });
    await rig.startConnector(second);
    await carriersOf(second, 2);
    first.connectors.release();
    await first.close();
    await until(async () => (await get(lacking, pods)).status === 200);
    expect(rig.dialled).toHaveLength(2);
  });
});
