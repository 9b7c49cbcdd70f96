import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectPlain, type AddressInfo, type Socket } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { ClientCertificate } from '@sallyport/contracts';
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

/** Returns what the gateway's listener reads from a client. */
async function seen(
  client: ConnectionOptions,
  options: { asked?: boolean; tls?: boolean } = {},
): Promise<ClientCertificate | undefined> {
  const { asked = true, tls = true } = options;
  const of = createClientCertificates({ asked });
  let found: ClientCertificate | undefined;
  const note = (socket: Socket) => {
    found = of(socket);
    expect(of(socket)).toBe(found);
  };
  const listener = createGatewayServer({
    tls: tls ? { cert: server, key: serverKey, ...(asked ? { clientCa: authority } : {}) } : undefined,
    isOwn: () => true,
    recordUnparsable: () => {},
    answerOwn: (request: IncomingMessage, response: ServerResponse) => {
      note(request.socket);
      response.end();
    },
  } as unknown as Parameters<typeof createGatewayServer>[0]);
  listener.listen(0, '127.0.0.1');
  closing.push(() => void listener.close());
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const socket = tls
    ? connect({ host: '127.0.0.1', port, ca: server, servername: 'localhost', ALPNProtocols: ['http/1.1'], ...client })
    : connectPlain(port, '127.0.0.1');
  await once(socket, tls ? 'secureConnect' : 'connect');
  socket.end('GET / HTTP/1.1\r\nHost: gate\r\nConnection: close\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
  return found;
}

describe("a client's certificate", () => {
  it('is read, and is valid if it leads to the CA, through any intermediates', async () => {
    expect(await seen({ cert: leaf + intermediate, key: leafKey })).toEqual({ presented: true, leaf, valid: true });
  });

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
