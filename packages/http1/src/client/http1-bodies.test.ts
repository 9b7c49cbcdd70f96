import type { RequestListener } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { fetchWith, serve, serveRaw } from '../testing/http1-fixtures.ts';
import type { Http1Request } from './http1-client.ts';
import type { Http1Flow } from './http1-handler.ts';

describe('a streamed body', () => {
  const slowly = async function* slowly(parts: string[], ms = 5) {
    for (const part of parts) {
      await sleep(ms);
      yield Buffer.from(part);
    }
  };
  const streamed = (parts: string[], bodyLength?: number): Partial<Http1Request> => ({
    method: 'POST',
    body: Readable.from(slowly(parts), { objectMode: false }),
    bodyLength,
  });
  const endless = () => {
    let count = 0;
    const body = new Readable({
      read() {
        setImmediate(() => this.push(Buffer.alloc(65_536)));
        count += 1;
      },
    });
    return { body, read: () => count };
  };
  const echo: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () =>
        response.end(
          `${request.headers['content-length'] ?? request.headers['transfer-encoding']}:${Buffer.concat(chunks).toString()}`,
        ),
      );
  };

  it.each([
    ['in chunks', undefined, 'chunked'],
    ['with its length', 6, '6'],
  ] as const)('is sent %s, and the connection serves the next request', async (_how, length, framing) => {
    const { client, connections } = await serve(echo);
    for (let times = 0; times < 3; times += 1)
      expect(await fetchWith(client, streamed(['on', '', 'e', 'two'], length))).toMatchObject({
        status: 200,
        body: `${framing}:onetwo`,
      });
    expect((await fetchWith(client, { method: 'POST', body: 'x' })).body).toBe('1:x');
    expect(connections()).toBe(1);
  });

  it('is read no faster than the server reads', async () => {
    const { client } = await serve((request) => void request.pause());
    const { body, read } = endless();
    let flow: Http1Flow | undefined;
    void fetchWith(client, { method: 'POST', body }, (one) => {
      flow = one;
    });
    // The buffers of the kernel grow while they fill.
    for (let before = -1; before !== read(); await sleep(300)) before = read();
    expect(read()).toBeLessThan(1000);
    flow!.abort();
    body.destroy();
  });

  it('never arrives complete if it fails, ends early, or differs from its announced length, and the error says why', async () => {
    const whole: string[] = [];
    const { client } = await serve((request, response) =>
      request
        .on('error', () => {})
        .on('end', () => {
          whole.push(request.url!);
          response.end();
        })
        .resume(),
    );
    expect((await fetchWith(client, streamed(['abc'], 4))).error?.message).toMatch(/before it was complete/);
    expect((await fetchWith(client, streamed(['abc', 'de'], 4))).error?.message).toMatch(/longer than announced/);
    const failing = new PassThrough();
    failing.write('abc');
    setTimeout(() => failing.destroy(new Error('no right any more')), 20);
    expect((await fetchWith(client, { method: 'POST', body: failing })).error?.message).toBe('no right any more');
    const gone = new PassThrough();
    gone.on('error', () => {});
    gone.destroy(new Error('gone before'));
    expect((await fetchWith(client, { method: 'POST', body: gone })).error?.message).toBe('gone before');
    const closed = new PassThrough();
    setTimeout(() => closed.destroy(), 20);
    expect((await fetchWith(client, { method: 'POST', body: closed })).error?.message).toMatch(
      /before it was complete/,
    );
    await sleep(20);
    expect(whole).toEqual([]);
  });

  it('is not sent on after an early response, and nothing follows it on its connection', async () => {
    const seen: string[] = [];
    const { client, connections } = await serveRaw((socket, number, text) => {
      seen.push(text);
      if (number === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly');
      else if (text.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine');
    });
    const body = new PassThrough();
    body.write('begin');
    expect(await fetchWith(client, { method: 'POST', body, bodyLength: 60 })).toMatchObject({ body: 'early' });
    body.write('GET /evil HTTP/1.1\r\n\r\n');
    expect((await fetchWith(client)).body).toBe('mine');
    expect(connections()).toBe(2);
    expect(seen.join('')).not.toContain('evil');
    expect(body.readableFlowing).toBe(true);
  });

  it('tolerates a few unsolicited interim responses', async () => {
    const answering = (count: number) =>
      serveRaw((socket, number) => {
        if (number === 1) socket.write(`${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(count)}`);
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
      });
    expect(await fetchWith((await answering(3)).client, streamed(['a', 'b'], 2))).toMatchObject({
      status: 200,
      body: 'good',
    });
    expect((await fetchWith((await answering(17)).client, streamed(['a', 'b'], 2))).error).toMatchObject({
      code: 'MALFORMED',
    });
  });

  it('may arrive slowly: the time for the response starts at its end, or while the server reads nothing', async () => {
    const { client } = await serve(
      (request, response) => void request.resume().on('end', () => setTimeout(() => response.end('late'), 20)),
    );
    expect(
      await fetchWith(client, {
        method: 'POST',
        // Longer than the time for the response, which leaves room for a busy machine.
        body: Readable.from(slowly(Array.from('abcdefgh'), 250), { objectMode: false }),
        headersTimeoutMs: 1000,
      }),
    ).toMatchObject({ body: 'late' });
    const never = (await serve((request) => void request.resume())).client;
    expect((await fetchWith(never, { ...streamed(['a']), headersTimeoutMs: 50 })).error).toMatchObject({
      code: 'HEADERS_TIMEOUT',
    });
    const unread = (await serve((request) => void request.pause())).client;
    const { body } = endless();
    expect((await fetchWith(unread, { method: 'POST', body, headersTimeoutMs: 100 })).error).toMatchObject({
      code: 'HEADERS_TIMEOUT',
    });
    body.destroy();
  });
});
