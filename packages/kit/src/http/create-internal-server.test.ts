import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import type { LoadedConfig } from '../config/load-config.ts';
import { createInternalServer } from './create-internal-server.ts';

it('accepts every head that the gateway accepts, with the headers that the gateway adds', async () => {
  const loaded = { config: { services: { audit: {} } } } as unknown as LoadedConfig;
  const server = createInternalServer({
    loaded,
    service: 'audit',
    handler: ({ url = '' }, response) => void response.end(String(url.length)),
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const path = `/?${'x'.repeat(64_000)}`;
  try {
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: { 'sallyport-caller': 'y'.repeat(8000) },
    }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    expect([answer.statusCode, (await answer.toArray()).join('')]).toEqual([200, String(path.length)]);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
