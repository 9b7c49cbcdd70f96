import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

let rig: Rig;
afterEach(() => rig.close());

const path = '/clusters/dev/api/v1/namespaces/default/configmaps';

function post(body: Buffer, headers: Record<string, string | number>): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = httpRequest(
      {
        port: rig.port,
        host: '127.0.0.1',
        path,
        method: 'POST',
        headers: { authorization: `Bearer spt_${'a'.repeat(43)}`, ...headers },
      },
      (response) => {
        response
          .resume()
          .once('end', () => resolve(response.statusCode!))
          .once('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
      },
    );
    sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code!));
    sent.end(body);
  });
}

const framings = [
  ['with a length', (body: Buffer) => ({ 'content-length': body.length })],
  ['in chunks', () => ({ 'transfer-encoding': 'chunked' })],
] as const;

describe.each(framings)('a body that arrives %s', (_name, headers) => {
  it('reaches the cluster complete, even if the connection has to be opened first', async () => {
    const body = randomBytes(2_000_000);
    const got: Buffer[] = [];
    rig = await createRig((request, response) =>
      request.on('data', (chunk: Buffer) => got.push(chunk)).once('end', () => response.end()),
    );
    expect(await post(body, headers(body))).toBe(200);
    expect(Buffer.concat(got).equals(body)).toBe(true);
    expect(rig.events.at(-1)!.data.sallyport.bytesIn).toBe(body.length);
  });

  it('does no harm when the cluster answers and closes before it has read it', async () => {
    rig = await createRig((request, response) => {
      if (request.method === 'POST') response.writeHead(413, { connection: 'close' });
      response.end();
    });
    const body = randomBytes(2_000_000);
    for (let times = 0; times < 5; times += 1)
      expect([413, 502, 'ECONNRESET', 'EPIPE']).toContain(await post(body, headers(body)));
    expect(
      await rig.raw(
        `GET ${path} HTTP/1.1\r\nhost: gate\r\nauthorization: Bearer spt_${'a'.repeat(43)}\r\nconnection: close\r\n\r\n`,
      ),
    ).toMatch(/^HTTP\/1\.1 200 /);
  });
});
