import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/rig.ts';

let rig: Rig;
let server: Server | undefined;
beforeEach(() => {
  rig = createRig();
});
afterEach(() => {
  rig.remove();
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Starts a strict server that accepts one token, answers reviews and refuses everything else. */
async function serve(
  seen: IncomingMessage[],
  answer?: (request: IncomingMessage, response: ServerResponse) => boolean,
): Promise<string> {
  server = createServer((request, response) => {
    seen.push(request);
    request.resume();
    if (answer?.(request, response)) return;
    const known = [
      'host',
      'authorization',
      'user-agent',
      'sallyport-attack',
      'accept',
      'content-type',
      'content-length',
    ];
    const names = request.rawHeaders.filter((_name, index) => index % 2 === 0).map((name) => name.toLowerCase());
    const strange =
      new Set(names).size < names.length ||
      request.rawHeaders.some((name, index) => index % 2 === 0 && !known.includes(name.toLowerCase()));
    if (
      request.headers.authorization !== 'Bearer the-token' ||
      strange ||
      !request.url!.endsWith('/selfsubjectreviews') ||
      request.method !== 'POST'
    )
      return void response.writeHead(400, { connection: 'close' }).end();
    response
      .writeHead(201, { 'content-type': 'application/json' })
      .end(JSON.stringify({ status: { userInfo: { username: 'alice', groups: [] } } }));
  });
  server.on('upgrade', (_request, socket) => void socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'));
  await new Promise<void>((resolve) => {
    server!.listen(0, '127.0.0.1', resolve);
  });
  writeFileSync(path.join(rig.directory, 'token'), 'the-token\n', { mode: 0o600 });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('sallyport attack', () => {
  it('marks every request, does not print the token, and exits with 0 if everything held', async () => {
    const seen: IncomingMessage[] = [];
    const target = await serve(seen);
    const { code, out, err } = await rig.run(
      'attack',
      '--target',
      `${target}/clusters/dev`,
      '--token-file',
      'token',
      '--yes',
    );
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/Attacked as alice[\s\S]*A01 .* held[\s\S]*withstood every attack/);
    expect(out).not.toContain('the-token');
    expect(seen.length).toBeGreaterThan(60);
    for (const request of seen)
      expect([request.headers['user-agent'], request.headers['sallyport-attack']]).toEqual([
        expect.stringMatching(/^sallyport-attack\/\d/),
        expect.stringMatching(/^(?:A\d\d|baseline)$/),
      ]);
  });

  it('asks for confirmation, and does nothing without yes', async () => {
    const seen: IncomingMessage[] = [];
    const target = await serve(seen);
    for (const word of ['no\n', '\n\nYES\n', 'y\n', '', '\n']) {
      rig.environment.stdin = Object.assign(Readable.from([Buffer.from(word)]), { isTTY: true });
      expect(await rig.run('attack', '--target', `${target}/clusters/dev`, '--token-file', 'token')).toMatchObject({
        code: 2,
        err: expect.stringContaining('Are you allowed to do that?'),
      });
    }
    expect(seen).toEqual([]);
    rig.environment.stdin = Readable.from([]);
    expect((await rig.run('attack', '--target', `${target}/clusters/dev`, '--token-file', 'token')).err).toContain(
      '--yes',
    );
  });

  it('exits with 1 if there is a hole, and prints the evidence', async () => {
    const target = await serve([], (request, response) => {
      if (request.headers['impersonate-user'] === undefined) return false;
      response
        .writeHead(201)
        .end(JSON.stringify({ status: { userInfo: { username: request.headers['impersonate-user'], groups: [] } } }));
      return true;
    });
    const { code, out } = await rig.run(
      'attack',
      '--target',
      `${target}/clusters/dev`,
      '--token-file',
      'token',
      '--yes',
      '-o',
      'json',
    );
    const { holes, rows } = JSON.parse(out) as {
      holes: number;
      rows: { row: string; result: string; probes: { what: string; result: string; seen: string }[] }[];
    };
    expect([code, holes, rows.filter(({ result }) => result === 'hole').map(({ row }) => row)]).toEqual([
      1,
      2,
      ['A02', 'A03'],
    ]);
    expect(rows.find(({ row }) => row === 'A02')!.probes[0]).toEqual({
      what: 'Impersonate-User',
      result: 'hole',
      seen: 'the cluster identified you as sallyport-attack',
    });
  });

  it('reports what is wrong if nothing has a result', async () => {
    const target = await serve([], (_request, response) => {
      response.writeHead(404).end();
      return true;
    });
    expect(await rig.run('attack', '--target', target, '--token-file', 'token', '--yes')).toMatchObject({
      code: 5,
      err: expect.stringContaining('answered with 404'),
    });
    writeFileSync(path.join(rig.directory, 'empty'), '\n');
    expect((await rig.run('attack', '--target', target, '--token-file', 'empty', '--yes')).code).toBe(7);
    // The name of the option before version 0.2.0, which the help no longer shows.
    expect((await rig.run('attack', '--target', target, '--token-file', 'empty', '--yes-i-may')).code).toBe(7);
    expect((await rig.run('attack', '--help')).out).not.toContain('--yes-i-may');
    expect((await rig.run('attack', '--target', target, '--yes')).code).toBe(2);
  });
});
