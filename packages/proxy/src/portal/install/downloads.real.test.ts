import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { serveDirectory } from '../../downloads/open-downloads.ts';
import { createPagesRig } from '../../testing/pages-rig.ts';
import { digestOf, releaseName, writeReleaseDirectory } from '../../testing/release-directory.ts';

const npm = releaseName('.tgz');
const archive = releaseName('-linux-x64.tar.gz');
/** More than the system buffers for a client that does not read. */
const large = randomBytes(24 * 1024 * 1024);
const small = Buffer.from('0123456789');

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

type Answer = { status: number; headers: IncomingMessage['headers']; body: Buffer };

/** Starts the gateway's own pages with a release, for clients whose address is in the header x-test-address. */
async function start({
  files = { [npm]: small },
  more = '',
  room = true,
  slowest = undefined as { bytes: number; ms: number } | undefined,
} = {}) {
  const directory = writeReleaseDirectory(files, more);
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const lines: string[] = [];
  const logger = createLogger({ service: 'proxy', destination: { write: (line) => void lines.push(line) } });
  const metrics = createMetrics();
  const opened = serveDirectory(directory, { logger, metrics });
  await until(() => opened.release() !== undefined);
  const served = slowest === undefined ? opened : { ...opened, slowest };
  const addressOf = (request: IncomingMessage) => String(request.headers['x-test-address'] ?? '10.0.0.9');
  const { app, events } = createPagesRig({ downloads: { served }, addressOf, room, logger });
  const server: Server = createServer(app);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  /** Begins a request, and returns its answer when its head has arrived. */
  const begin = async (
    name: string,
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<IncomingMessage> => {
    const request = httpRequest({ port, path: `/.sallyport/install/${name}`, method, headers, agent: false });
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.on('error', () => {});
    return response;
  };
  const get = async (...args: Parameters<typeof begin>): Promise<Answer> => {
    const response = await begin(...args);
    return { status: response.statusCode!, headers: response.headers, body: await buffer(response) };
  };
  /** Sends a request line as it is. */
  const raw = async (target: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    socket.write(`GET ${target} HTTP/1.1\r\nHost: gate.example.com\r\nConnection: close\r\n\r\n`);
    return (await buffer(socket)).toString('latin1');
  };
  const count = async (outcome: string) =>
    Number(
      new RegExp(`sallyport_proxy_downloads_total\\{outcome="${outcome}"\\} (\\d+)`).exec(
        await metrics.metrics(),
      )?.[1] ?? 0,
    );
  return { directory, begin, get, raw, events, lines, metrics, count, port };
}

describe('a download', () => {
  it('has the whole file, what it is, and the right to keep it', async () => {
    const { get, events, count } = await start({ files: { [npm]: small, [archive]: large } });
    const answer = await get(archive);
    expect([answer.status, digestOf(answer.body)]).toEqual([200, digestOf(large)]);
    expect(answer.headers).toMatchObject({
      'content-length': String(large.length),
      'content-type': 'application/gzip',
      'content-disposition': `attachment; filename="${archive}"`,
      etag: `"${digestOf(large)}"`,
      'accept-ranges': 'bytes',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringContaining("default-src 'none'"),
    });
    await until(() => events.length > 0);
    expect(events).toEqual([{ status: 200, path: `/.sallyport/install/${archive}` }]);
    expect(await count('complete')).toBe(1);
  });

  it('may be asked for without its content, in parts, and only if it has changed', async () => {
    const { get } = await start();
    const head = await get(npm, {}, 'HEAD');
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '10', 0]);
    const etag = `"${digestOf(small)}"`;
    const part = await get(npm, { range: 'bytes=2-4' });
    expect([part.status, part.headers['content-range'], part.body.toString()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect((await get(npm, { range: 'bytes=2-4', 'if-range': etag })).status).toBe(206);
    expect((await get(npm, { range: 'bytes=2-4', 'if-range': '"other"' })).status).toBe(200);
    expect((await get(npm, { 'if-none-match': etag })).status).toBe(304);
    expect((await get(npm, { 'if-match': '"other"' })).status).toBe(412);
    const beyond = await get(npm, { range: 'bytes=10-' });
    expect([beyond.status, beyond.headers['content-range'], beyond.headers['cache-control']]).toEqual([
      416,
      'bytes */10',
      undefined,
    ]);
  });

  it('can be the checksums and their signature, which have no version in their names', async () => {
    const { get } = await start();
    const sums = await get('SHA256SUMS');
    expect(sums.body.toString()).toBe(`${digestOf(small)}  ${npm}\n`);
    expect(sums.headers).toMatchObject({ 'cache-control': 'no-cache', 'content-type': 'text/plain; charset=utf-8' });
    expect((await get('SHA256SUMS.minisig')).status).toBe(404);
  });

  it('is only what the checksums list', async () => {
    const { directory, get, events } = await start();
    for (const name of ['secret.txt', 'SHA256SUMS.minisig', '.hidden', archive])
      writeFileSync(path.join(directory, name), 'secret');
    symlinkSync('/etc/passwd', path.join(directory, 'passwd'));
    for (const name of [
      'secret.txt',
      'SHA256SUMS.minisig',
      archive,
      'passwd',
      'sha256sums',
      npm.toUpperCase(),
      '__proto__',
      'constructor',
    ])
      expect([name, (await get(name)).status]).toEqual([name, 404]);
    expect((await get('.hidden')).status).toBe(400);
    expect(events.every(({ status }) => status === 404 || status === 400)).toBe(true);
    expect(events).toHaveLength(9);
  });

  it.each([
    '/.sallyport/install/..%2f..%2fetc%2fpasswd',
    '/.sallyport/install/../install/SHA256SUMS',
    '/.sallyport/install/%2e%2e/ca.pem',
    '/.sallyport/install/..\\SHA256SUMS',
    '/.sallyport/install//SHA256SUMS',
    '/.sallyport/install/SHA256SUMS/',
    '/.sallyport/install/SHA256SUMS%00',
    '/.sallyport/install/SHA256SUMS%00.tgz',
    '/.sallyport/install/%53HA256SUMS',
    '/.sallyport/install/SHA256SUMS%2f',
    '/.sallyport/install/SHA256SUMS;x',
    '/.sallyport/install//etc/passwd',
    '/.sallyport/install/',
  ])('has one spelling of its address: %s', async (target) => {
    const { raw } = await start();
    expect(await raw('/.sallyport/install/SHA256SUMS')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await raw(target)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it.each([
    ['was replaced', (file: string) => (rmSync(file), writeFileSync(file, small))],
    ['was written to', (file: string) => writeFileSync(file, '9876543210!')],
    ['is now a link', (file: string) => (rmSync(file), symlinkSync('/etc/passwd', file))],
    ['is gone', (file: string) => rmSync(file)],
  ])('is not offered any more when its file %s after the check', async (_what, change) => {
    const { directory, get, lines } = await start();
    expect((await get(npm)).status).toBe(200);
    change(path.join(directory, npm));
    const answer = await get(npm);
    expect([answer.status, answer.body.toString()]).toEqual([404, expect.stringContaining('has changed')]);
    expect(lines.join('')).toContain('a download has changed since it was checked');
  });

  it('is not offered if it does not match its checksum, and the log and the metrics say so', async () => {
    const { get, lines, metrics } = await start({
      more: `${'0'.repeat(64)}  ${archive}\n${'0'.repeat(64)}  sallyport-9.9.9.tgz\n`,
    });
    expect((await get(archive)).status).toBe(404);
    expect(lines.filter((line) => line.includes('a download is not offered'))).toHaveLength(2);
    const text = await metrics.metrics();
    expect(text).toContain('sallyport_proxy_download_files{state="offered"} 2');
    expect(text).toContain('sallyport_proxy_download_files{state="faulty"} 2');
  });

  it('does not begin while the audit log takes nothing', async () => {
    const { get } = await start({ room: false });
    expect((await get(npm)).status).toBe(503);
  });
});

describe('many downloads at once', () => {
  const from = (address: string) => ({ 'x-test-address': address });

  it('are limited to 6 from one address, however it is written, and go on when one ends', async () => {
    const { begin, get, events, count } = await start({ files: { [npm]: small, [archive]: large } });
    const running = await Promise.all(
      Array.from({ length: 6 }, (_none, index) => begin(archive, from(`2001:db8:0:1::${index}`))),
    );
    expect(running.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200, 200]);
    const refused = await get(npm, from('2001:db8:0:1:ffff::1'));
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '60']);
    expect(refused.body.toString()).toContain('Try again in a minute.');
    expect((await get('SHA256SUMS', from('2001:db8:0:1::1'), 'HEAD')).status).toBe(429);
    expect((await get(npm, from('2001:db8:0:2::1'))).status).toBe(200);
    running[0]!.destroy();
    await until(async () => (await get(npm, from('2001:db8:0:1::1'))).status === 200);
    expect(await count('refused')).toBeGreaterThanOrEqual(2);
    expect(await count('ended')).toBe(1);
    expect(events.filter(({ status }) => status === 429).length).toBe(await count('refused'));
  });

  it('are limited to 32 over all addresses', async () => {
    const { begin, get } = await start({ files: { [npm]: small, [archive]: large } });
    const running = await Promise.all(
      Array.from({ length: 32 }, (_none, index) => begin(archive, from(`10.0.${index}.1`))),
    );
    expect(running.every(({ statusCode }) => statusCode === 200)).toBe(true);
    expect((await get(npm, from('10.1.0.1'))).status).toBe(429);
    for (const one of running) one.destroy();
    await until(async () => (await get(npm, from('10.1.0.1'))).status === 200);
  });

  it('do not last for ever: a client that stops reading is ended, and one that reads slowly is not', async () => {
    const { begin, port, count } = await start({
      files: { [archive]: large },
      slowest: { bytes: 64 * 1024, ms: 500 },
    });
    const idle = connect(port, '127.0.0.1');
    idle.on('error', () => {});
    idle.write(`GET /.sallyport/install/${archive} HTTP/1.1\r\nHost: gate.example.com\r\n\r\n`);
    idle.pause();
    const slow = await begin(archive);
    let taken = 0;
    for await (const chunk of slow) {
      taken += (chunk as Buffer).length;
      if (taken < 12 * 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(taken).toBe(large.length);
    await until(async () => (await count('ended')) === 1);
    expect(await count('complete')).toBe(1);
    idle.destroy();
  });
});
