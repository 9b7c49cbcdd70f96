import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readTarget, type CarrierError } from '@sallyport/carrier';
import { mayNameLeadTo } from './address-rules.ts';
import { addressSchema } from './address.ts';
import { createReach } from './create-reach.ts';

let server: Server;
let port: number;
const accepted: Socket[] = [];
beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => void accepted.push(socket));
  // Accepts on every address of this machine, so that a wrong one would be connected too.
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy();
  server.close();
  await once(server, 'close');
});

const target = (text: string) => readTarget(text)!;
const answers = (...each: string[][]) => {
  const asked: string[] = [];
  const lookup = (name: string) => {
    const found = each[Math.min(asked.push(name), each.length) - 1]!;
    return Promise.resolve(found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
  };
  return { asked, lookup };
};
const never = new AbortController().signal;

/** Dials, and returns the address that was connected or the code of the refusal. */
async function dial(list: string[], asked: string, lookup = answers([]).lookup): Promise<string> {
  const reach = createReach({ list: list.map((one) => addressSchema.parse(one)), lookup });
  try {
    const socket = await reach.dial(target(asked), never);
    const { remoteAddress } = socket;
    socket.destroy();
    return remoteAddress!;
  } catch (error) {
    return (error as CarrierError).code;
  }
}

describe('what a connector reaches', () => {
  it('is a literal address of the list, even one of this machine', async () => {
    expect(await dial([`127.0.0.1:${port}`], `127.0.0.1:${port}`)).toBe('127.0.0.1');
  });

  it.each([
    ['another port', `127.0.0.1:${1}`],
    ['another address', '127.0.0.2:PORT'],
    ['a name of the same address', 'localhost:PORT'],
    ['another spelling of the address', '127.1:PORT'],
    ['the address as IPv6', '[::ffff:127.0.0.1]:PORT'],
    ['a name that ends in one of the list', 'evil.app.test:PORT'],
  ])('is not %s', async (_what, asked) => {
    const { lookup, asked: names } = answers(['127.0.0.1']);
    const list = [`127.0.0.1:${port}`, `app.test:${port}`];
    expect(await dial(list, asked.replace('PORT', String(port)), lookup)).toBe('not-allowed');
    expect(names).toEqual([]);
    expect(accepted).toEqual([]);
  });

  it('is a name in any case, and an IPv6 address in any spelling', async () => {
    const list = [`App.Test:${port}`, `127.0.0.1:${port}`, '[FD00:0:0::1]:443'];
    expect(await dial(list, `aPP.test:${port}`, answers(['127.0.0.1']).lookup)).toBe('127.0.0.1');
    expect(await dial(list, `app.test:${port}`, answers([]).lookup)).toBe('dial-failed');
    expect(addressSchema.parse('[FD00:0:0::1]:443')).toEqual(addressSchema.parse('[fd00::1]:443'));
  });

  it.each([
    ['127.0.0.1'],
    ['127.8.9.1'],
    ['0.0.0.0'],
    ['169.254.169.254'],
    ['224.0.0.1'],
    ['255.255.255.255'],
    ['::'],
    ['::1'],
    ['::127.0.0.1'],
    ['::ffff:127.0.0.1'],
    ['::ffff:a9fe:a9fe'],
    ['64:ff9b::7f00:1'],
    ['64:ff9b::169.254.169.254'],
    ['fe80::1'],
    ['febf::1'],
    ['ff02::1'],
    ['not an address'],
  ])('is not a name that resolves to %s', async (address) => {
    expect(mayNameLeadTo(address)).toBe(false);
    const { lookup } = answers(['203.0.113.7', address]);
    expect(await dial([`app.test:${port}`], `app.test:${port}`, lookup)).toBe('not-allowed');
    expect(accepted).toEqual([]);
  });

  it.each([
    ['10.0.0.7'],
    ['192.168.1.1'],
    ['172.20.0.1'],
    ['203.0.113.7'],
    ['fd00::1'],
    ['2001:db8::1'],
    ['::ffff:10.0.0.7'],
  ])('may be a name that resolves to %s', (address) => expect(mayNameLeadTo(address)).toBe(true));

  it('is the address that was checked, although the next answer of DNS is another one', async () => {
    const { lookup, asked } = answers(['127.0.0.1'], ['127.0.0.2']);
    const list = [`app.test:${port}`, `127.0.0.1:${port}`];
    expect(await dial(list, `app.test:${port}`, lookup)).toBe('127.0.0.1');
    expect(asked).toEqual(['app.test']);
    expect(await dial(list, `app.test:${port}`, lookup)).toBe('not-allowed');
  });
});

describe('a dial', () => {
  it('says why it failed, and who was asked for', async () => {
    server.close();
    await once(server, 'close');
    const reach = createReach({ list: [{ host: '127.0.0.1', port }], lookup: answers([]).lookup });
    await expect(reach.dial({ host: '127.0.0.1', port }, never)).rejects.toMatchObject({
      code: 'dial-failed',
      message: `127.0.0.1:${port}: connection refused`,
    });
    server.listen(0);
    await once(server, 'listening');
  });

  it('ends when the gateway gives it up', async () => {
    const gone = new AbortController();
    const reach = createReach({
      list: [{ host: 'app.test', port }],
      lookup: () => {
        gone.abort();
        return Promise.resolve([{ address: '10.0.0.7', family: 4 }]);
      },
    });
    await expect(reach.dial({ host: 'app.test', port }, gone.signal)).rejects.toThrow('the gateway gave it up');
  });

  it('leaves each direction open when the other one ends', async () => {
    const reach = createReach({ list: [{ host: '127.0.0.1', port }], lookup: answers([]).lookup });
    const socket = await reach.dial({ host: '127.0.0.1', port }, never);
    while (accepted.length === 0) await once(server, 'connection');
    accepted[0]!.end('last');
    socket.resume();
    await once(socket, 'end');
    expect(socket.writable).toBe(true);
    accepted[0]!.resume();
    socket.end();
    await once(accepted[0]!, 'end');
    socket.destroy();
  });
});
