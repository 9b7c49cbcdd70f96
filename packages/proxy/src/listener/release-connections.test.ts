import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, get } from 'node:https';
import { afterEach, describe, expect, it } from '@jest/globals';
import { listenHttp } from '@sallyport/kit';
import { server as cert, serverKey as key } from '../testing/client-certificates.ts';
import { createGatewayServer } from './create-gateway-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

describe('the listener of a stopping gateway', () => {
  it('answers on a kept connection over TLS once more, and asks the client to close it', async () => {
    const gateway = createGatewayServer({
      tls: { cert, key },
      isOwn: () => true,
      recordUnparsable: () => {},
      answerOwn: (_request: IncomingMessage, response: ServerResponse) => void response.end('ok'),
    } as unknown as Parameters<typeof createGatewayServer>[0]);
    const listening = await listenHttp(gateway, { host: '127.0.0.1', port: 0 }, 'a test');
    closing.push(() => listening.close(0));
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: cert, servername: 'localhost' });
    closing.push(() => agent.destroy());
    const ask = async () => {
      const request = get({ port: listening.port, host: '127.0.0.1', agent });
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.resume();
      await once(response, 'end');
      return { kept: request.reusedSocket, connection: response.headers.connection };
    };
    expect(await ask()).toEqual({ kept: false, connection: 'keep-alive' });
    const released = listening.release(10_000);
    expect(await ask()).toEqual({ kept: true, connection: 'close' });
    await released;
  });
});
