import { createServer } from 'node:net';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { freePort } from './free-port.ts';

describe('a free port', () => {
  it('can be listened on and is never returned twice', async () => {
    const ports = await Promise.all(Array.from({ length: 20 }, () => freePort()));
    expect(new Set(ports).size).toBe(20);
    const server = createServer().listen(ports[0], '127.0.0.1');
    await once(server, 'listening');
    server.close();
  });

  it('is outside the range for outgoing connections', async () => {
    const port = await freePort();
    expect(port).toBeGreaterThanOrEqual(18_000);
    expect(port).toBeLessThan(30_000);
  });
});
