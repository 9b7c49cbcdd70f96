import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectPlain, type AddressInfo } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClientCertificate } from '@sallyport/contracts';
import type { ClientRequest, ClientResponse } from '../exchange/client-message.ts';
import { createClientCertificates } from './client-certificate.ts';
import {
  authority,
  intermediate,
  leaf,
  leafKey,
  server,
  serverKey,
  stranger,
  strangerKey,
} from '../testing/client-certificates.ts';
import { createGatewayServer } from './create-gateway-server.ts';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

type Options = { asked?: boolean; tls?: boolean; over?: 'HTTP/1.1' | 'HTTP/2' | 'HTTP/2, own page' };

/** Sends a request, and waits until it is answered. */
async function send(port: number, client: ConnectionOptions, { tls = true, over }: Options): Promise<void> {
  const options = { host: '127.0.0.1', port, ca: server, servername: 'localhost', ...client };
  if (over?.startsWith('HTTP/2')) {
    const session = connectHttp2(`https://localhost:${port}`, options);
    await once(session.request({ ':path': '/' }).resume(), 'close');
    session.destroy();
    return;
  }
  const socket = tls ? connect({ ...options, ALPNProtocols: ['http/1.1'] }) : connectPlain(port, '127.0.0.1');
  await once(socket, tls ? 'secureConnect' : 'connect');
  socket.end('GET / HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
}

/** Returns what the gateway's listener reads from a client. */
async function seen(client: ConnectionOptions, options: Options = {}): Promise<ClientCertificate | undefined> {
  const { asked = true, tls = true, over } = options;
  const of = createClientCertificates({ asked });
  let found: ClientCertificate | undefined;
  const answer = ({ socket }: ClientRequest, response: ClientResponse) => {
    found = of(socket);
    expect(of(socket)).toBe(found);
    response.writeHead(200).end();
  };
  const listener = createGatewayServer({
    tls: tls ? { cert: server, key: serverKey, ...(asked ? { clientCa: authority } : {}) } : undefined,
    http2: { isForApplication: () => false },
    isOwn: () => over !== 'HTTP/2',
    recordUnparsable: () => {},
    answerOwn: answer,
    begin: answer,
    recorder: { began() {}, closed() {} },
    take: () => Promise.resolve(),
  } as unknown as Parameters<typeof createGatewayServer>[0]);
  listener.listen(0, '127.0.0.1');
  closing.push(() => void listener.close());
  await once(listener, 'listening');
  await send((listener.address() as AddressInfo).port, client, options);
  return found;
}

describe("a client's certificate", () => {
  it.each(['HTTP/1.1', 'HTTP/2', 'HTTP/2, own page'] as const)(
    'is read, and is valid if it leads to the CA, through any intermediates, over %s',
    async (over) => {
      const found = await seen({ cert: leaf + intermediate, key: leafKey }, { over });
      expect(found).toEqual({ presented: true, leaf, valid: true });
    },
  );

  it('is not valid without a known CA, and the connection goes on', async () => {
    expect(await seen({ cert: stranger, key: strangerKey })).toEqual({ presented: true, leaf: stranger, valid: false });
    expect(await seen({ cert: leaf, key: leafKey })).toEqual({ presented: true, leaf, valid: false });
  });

  it('may be missing', async () => {
    expect(await seen({})).toEqual({ presented: false });
    expect(await seen({}, { tls: false })).toEqual({ presented: false });
  });

  it('is not asked for, and not reported, if the gateway has no CA for clients', async () => {
    expect(await seen({ cert: leaf + intermediate, key: leafKey }, { asked: false })).toBeUndefined();
  });
});
