import { createServer } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '@sallyport/bed';
import { listenHttp } from '@sallyport/kit';
import { choosePagesPort } from './ports.ts';

describe('the port of the pages of the demo', () => {
  it('is the one before that of the gateway at each start, unless it is taken', async () => {
    const port = await freePort();
    expect([await choosePagesPort(port + 1), await choosePagesPort(port + 1)]).toEqual([port, port]);
    const taken = await listenHttp(createServer(), { host: '127.0.0.1', port }, 'the test');
    try {
      const other = await choosePagesPort(port + 1);
      expect(other).toBeGreaterThan(0);
      expect(other).not.toBe(port);
    } finally {
      await taken.close(0);
    }
  });

  it('is any free one if the gateway may have any', async () => {
    expect(await choosePagesPort(0)).toBeGreaterThan(0);
    expect(await choosePagesPort(1)).toBeGreaterThan(1);
  });
});
