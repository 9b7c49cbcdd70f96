import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pinnedTls } from '@sallyport/carrier';
import { until } from '@sallyport/kit/testing';
import { createConnectorRig, type ConnectorRig, type Replica } from '../testing/connector-rig.ts';
import { connectorHeader, peerProtocol } from './peers/peer-protocol.ts';

let rig: ConnectorRig;
let replica: Replica;
beforeEach(async () => {
  rig = await createConnectorRig();
  replica = await rig.startReplica();
});
afterEach(() => rig.close());

const handshake = [
  'GET /.sallyport/connector HTTP/1.1',
  'Host: gate.example.com',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  'Sec-WebSocket-Protocol: sallyport.connector.v1',
  '\r\n',
].join('\r\n');

/** Begins a handshake that goes no further, and returns its socket with the status of the answer. */
async function beginHandshake({ url }: Replica): Promise<{ socket: Socket; status: number }> {
  const socket = connect(Number(url.port), url.hostname).on('error', () => {});
  socket.write(handshake);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return { socket: socket.resume(), status: Number(String(answer).split(' ')[1]) };
}

/** Asks for the pods of the cluster behind the connector. */
async function getPods({ url }: Replica): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const headers = { authorization: 'Bearer spt_0123456789012345678901234567890123456789012' };
  const path = '/clusters/factory/api/v1/namespaces/default/pods';
  httpRequest({ host: url.hostname, port: url.port, path, headers, agent: false })
    .on('response', (answer) => resolve(answer.resume().statusCode))
    .on('error', reject)
    .end();
  return promise;
}

const spki = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, text: publicKey.export({ type: 'spki', format: 'pem' }) as string };
};
const carriersOf = async (name: string) =>
  (await replica.connectors.states()).find((one) => one.name === name)!.carriers;

describe('C01: a connector with a key of its own', () => {
  it('serves no cluster of another connector, and lends it no token', async () => {
    const plant = spki();
    replica.connectors.prepare([...rig.config.connectors, { name: 'plant', publicKeys: [plant.text] }])();
    await rig.startConnector(replica, { privateKey: plant.privateKey });
    await until(async () => (await carriersOf('plant')).length === 1);
    expect(await getPods(replica)).toBe(503);
    expect(rig.dialled).toEqual([]);
    await rig.startConnector(replica);
    await until(async () => (await carriersOf('factory')).length === 1);
    expect(await getPods(replica)).toBe(200);
  });
});

describe('C04: 500 handshakes at once that go no further', () => {
  it('are refused above the limit, and neither requests nor connected connectors notice', async () => {
    await rig.startConnector(replica);
    await until(async () => (await carriersOf('factory')).length === 1);
    const begun = await Promise.all(Array.from({ length: 500 }, () => beginHandshake(replica)));
    const begunWith = (status: number) => begun.filter((one) => one.status === status);
    expect(begunWith(101)).toHaveLength(64);
    expect(begunWith(503)).toHaveLength(436);
    expect(await getPods(replica)).toBe(200);
    // The gateway ends what it has refused, and the client what it has begun.
    await Promise.all(begunWith(503).map(async ({ socket }) => socket.closed || once(socket, 'close')));
    for (const { socket } of begunWith(101)) socket.destroy();
    await until(() =>
      rig.startConnector(replica).then(
        () => true,
        () => false,
      ),
    );
    await until(async () => (await carriersOf('factory')).length === 2);
  });
});

describe('C04: a stranger at the port between replicas', () => {
  it.each([
    ['with a key of its own', {}],
    ['without a key', { cert: undefined, key: undefined }],
  ])('gets no token and no connection through a connector, %s', async (_title, changes) => {
    await rig.startConnector(replica);
    await until(async () => (await carriersOf('factory')).length === 1);
    /** Asks as a replica with these keys, and returns the statuses of the answers. */
    const askAs = async (tls: object) => {
      const port = replica.connectors.peerPort!;
      const socket = connectTls({ host: '127.0.0.1', port, ...tls }).on('error', () => {});
      const session = connectHttp2('https://peer', { createConnection: () => socket }).on('error', () => {});
      const asked = [{ ':path': '/token' }, { ':method': 'CONNECT' }].map((headers) =>
        session.request({ ...headers, ':authority': rig.server, [connectorHeader]: 'factory' }).on('error', () => {}),
      );
      const statuses = await Promise.all(
        asked.map(async (stream) => {
          const ended = new Promise<undefined>((resolve) => stream.once('close', () => resolve(undefined)));
          const answered = new Promise((resolve) => stream.once('response', (head) => resolve(head[':status'])));
          return Promise.race([answered, ended]);
        }),
      );
      session.destroy();
      return statuses;
    };
    expect(await askAs({ ...pinnedTls(spki().privateKey, peerProtocol), ...changes })).toEqual([undefined, undefined]);
    expect(rig.dialled).toEqual([]);
    expect(await askAs(pinnedTls(rig.gatewayKeys.privateKey, peerProtocol))).toEqual([200, 200]);
  });
});
