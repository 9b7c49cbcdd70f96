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

  it('is not one that another worker of jest may return, nor one of a lane', async () => {
    const names = ['JEST_WORKER_ID', 'SALLYPORT_TEST_LANE'] as const;
    const own = names.map((name) => process.env[name]);
    const remaindersOf = async (worker: string, lane?: string) => {
      process.env['JEST_WORKER_ID'] = worker;
      if (lane === undefined) delete process.env['SALLYPORT_TEST_LANE'];
      else process.env['SALLYPORT_TEST_LANE'] = lane;
      const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
      expect(ports.filter((port) => port < 18_000 || port > 29_999)).toEqual([]);
      return [...new Set(ports.map((port) => port % 8))];
    };
    try {
      expect([await remaindersOf('1'), await remaindersOf('2'), await remaindersOf('1', '3')]).toEqual([[1], [2], [3]]);
    } finally {
      names.forEach((name, index) => {
        if (own[index] === undefined) delete process.env[name];
        else process.env[name] = own[index];
      });
    }
  });
});
