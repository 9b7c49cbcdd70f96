import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const request = (method = 'GET', target = pods, lines: string[] = [], body = '') =>
  [`${method} ${target} HTTP/1.1`, 'Host: gate', 'Authorization: Bearer spt_x', ...lines, '', body].join('\r\n');
const okay = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine';
const smuggled = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';

let rig: Rig;
/** What each connection to the cluster received. */
let connections: string[][] = [];
/**
 * Returns what the cluster answers to its n-th request, counted over all connections: raw bytes that bypass its HTTP
 * server.
 */
let say: (socket: Socket, count: number) => void;

async function start(): Promise<void> {
  connections = [];
  const known = new Map<Socket, string[]>();
  let count = 0;
  const note = ({ method, url, socket }: IncomingMessage) => {
    if (!known.has(socket)) {
      const asked: string[] = [];
      known.set(socket, asked);
      connections.push(asked);
    }
    known.get(socket)!.push(`${method} ${url}`);
    count += 1;
    say(socket, count);
  };
  rig = await createRig(note);
  rig.upstream.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {});
    note(request);
  });
}
afterEach(() => rig.close());

/** Returns everything that comes back for one request. Does not close the connection. */
async function ask(bytes = request()): Promise<string> {
  const socket = rig.dial();
  let text = '';
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.write(bytes, 'latin1');
  const isOver = () => /\r\n\r\n[\s\S]*(?:\}|mine|evil)$|\r\n0\r\n/.test(text) || socket.readableEnded;
  await until(() => isOver() || text.includes('\r\n\r\n'));
  // What follows a head without a body would come at once.
  for (const end = performance.now() + 1500; performance.now() < end && !isOver();) await pause(5);
  await pause(20);
  socket.destroy();
  return text;
}
const codeOf = (text: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
const linesOf = (text: string, name: string) =>
  text
    .split('\r\n\r\n')[0]!
    .split('\r\n')
    .filter((line) => line.toLowerCase().startsWith(`${name}:`));

describe('a response that could be read in two ways is not forwarded', () => {
  const head = 'HTTP/1.1 200 OK\r\n';
  it.each(
    [
      ['two lengths', `${head}Content-Length: 4\r\nContent-Length: 40\r\n\r\nevil`],
      ['the same length twice', `${head}Content-Length: 4\r\nContent-Length: 4\r\n\r\nevil`],
      ['a length and chunks', `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nevil`],
      ['a line break in a value', `${head}X-A: b\r\n\nSet-Cookie: c\r\nContent-Length: 4\r\n\r\nevil`],
      ['a bare CR', `${head}X-A: b\rSet-Cookie: c\r\nContent-Length: 4\r\n\r\nevil`],
      ['a folded line', `${head}X-A: b\r\n Set-Cookie: c\r\nContent-Length: 4\r\n\r\nevil`],
      ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nevil'],
      ['chunks of HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n'],
      ['interim responses without end', 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(200)],
      ['a head without end', `${head}${'X-A: b\r\n'.repeat(20_000)}`],
    ].flatMap(([what, answer]) =>
      [
        ['asked by a GET', request()],
        [
          'asked by a write whose body is still arriving',
          request('POST', pods, ['Transfer-Encoding: chunked'], '4\r\nhalf\r\n'),
        ],
      ].map(([how, bytes]) => [what!, how!, answer!, bytes!] as const),
    ),
  )('is refused with 502: %s, %s', async (_what, _how, answer, bytes) => {
    await start();
    say = (socket) => void socket.write(answer, 'latin1');
    const text = await ask(bytes);
    expect(codeOf(text)).toBe(502);
    expect(text).not.toMatch(/evil|set-cookie/i);
    say = (socket) => void socket.write(okay);
    expect(await ask()).toContain('mine');
    expect(connections).toHaveLength(2);
  });
});

describe('bytes where no body can be', () => {
  it.each([
    ['204 No Content', 'GET'],
    ['304 Not Modified', 'GET'],
    ['200 OK', 'HEAD'],
  ])('(after %s to %s) are not the response to another request', async (status, method) => {
    await start();
    say = (socket, count) =>
      void socket.write(
        count === 1 ? `HTTP/1.1 ${status}\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}` : okay,
      );
    const text = await ask(request(method));
    expect(text).not.toContain('evil');
    expect(await ask()).toContain('mine');
    expect(connections).toHaveLength(2);
  });

  it('are not promised either: 204 and 101 have no length', async () => {
    await start();
    say = (socket) => void socket.write('HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n');
    const text = await ask();
    expect([codeOf(text), linesOf(text, 'content-length')]).toEqual([204, []]);
    say = (socket) =>
      void socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\n',
      );
    const upgraded = await ask(
      request('GET', `${pods}/web/exec?command=ls`, [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Protocol: v5.channel.k8s.io',
      ]),
    );
    expect([codeOf(upgraded), linesOf(upgraded, 'content-length')]).toEqual([101, []]);
  });
});

describe('bytes after a response', () => {
  it('at once or later are not the response to another request', async () => {
    for (const late of [false, true]) {
      if (late) await rig.close();
      await start();
      say = (socket, count) => {
        socket.write(okay);
        if (count > 1) return;
        if (late) setTimeout(() => socket.write(smuggled), 30);
        else socket.write(smuggled);
      };
      expect(await ask()).not.toContain('evil');
      await pause(60);
      expect(await ask()).toContain('mine');
      expect(connections).toHaveLength(2);
    }
  });

  it('as trailers cannot change framing, routing or authentication of the response', async () => {
    await start();
    const trailers = [
      'Content-Length: 4',
      'Content-Encoding: gzip',
      'Content-Type: text/html',
      'Content-Range: bytes 0-1/2',
      'Transfer-Encoding: chunked',
      'Host: evil',
      'Location: https://evil.example',
      'Authorization: Bearer x',
      'Cache-Control: public',
      'Set-Cookie: a=b',
      'Retry-After: 0',
      'Audit-ID: forged',
      'Refresh: 0',
      'Vary: *',
      'X-Kept: 1',
    ];
    say = (socket) =>
      void socket.write(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmine\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`,
      );
    const text = await ask();
    expect(text.slice(text.indexOf('\r\n0\r\n') + 5)).toBe('X-Kept: 1\r\n\r\n');
  });
});

describe('a cluster that answers before it has read everything', () => {
  it('gets no other request on that connection, and the rest of the body is not a request', async () => {
    await start();
    const hidden = request('DELETE', '/api/v1/namespaces/dev/pods/web');
    say = (socket, count) =>
      void socket.write(count === 1 ? 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}' : okay);
    const socket = rig.dial();
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.write(request('POST', pods, [`Content-Length: ${hidden.length + 8}`], 'begin'));
    await pause(50);
    socket.write('more');
    await until(() => text.endsWith('\r\n\r\n{}'));
    expect(codeOf(text)).toBe(401);
    expect(await ask()).toContain('mine');
    socket.write(hidden);
    await pause(100);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
    expect(connections).toHaveLength(2);
    expect(connections.flat().join()).not.toContain('DELETE');
    socket.destroy();
  });
});

describe('a refused upgrade', () => {
  const exec = request('GET', `${pods}/x/exec?command=ls`, [
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
  ]);
  it.each([
    ['a status that no response has', 'HTTP/1.1 099 None\r\nContent-Length: 4\r\n\r\nevil'],
    ['the status 000', 'HTTP/1.1 000 None\r\nContent-Length: 4\r\n\r\nevil'],
    ['a status of four digits', 'HTTP/1.1 1000 None\r\nContent-Length: 4\r\n\r\nevil'],
    ['a 101 that switches nothing', 'HTTP/1.1 101 Switching Protocols\r\n\r\nevil'],
    ['a 101 without a protocol', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\nevil'],
    ['a control character in a value', 'HTTP/1.1 403 No\r\nX-A: \x7f\x01\r\nContent-Length: 4\r\n\r\nevil'],
    ['DEL in a value', 'HTTP/1.1 403 No\r\nX-A: a\x7fb\r\nContent-Length: 4\r\n\r\nevil'],
    ['an invalid header name', 'HTTP/1.1 403 No\r\nX(A: b\r\nContent-Length: 4\r\n\r\nevil'],
  ])('with %s is not forwarded, and ends neither the gateway nor other streams', async (_what, bytes) => {
    await start();
    say = (socket) => socket.write(bytes, 'latin1');
    const text = await ask(exec);
    expect(codeOf(text)).toBe(502);
    expect(text).not.toContain('evil');
    say = (socket) => socket.write(okay);
    expect(await ask()).toContain('mine');
  });

  it('whose answer is HTTP/1.0 with a transfer coding is not forwarded', async () => {
    await start();
    say = (socket) =>
      void socket.write('HTTP/1.0 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n');
    const text = await ask(
      request('GET', `${pods}/web/exec?command=ls`, [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Protocol: v5.channel.k8s.io',
      ]),
    );
    expect(codeOf(text)).toBe(502);
    expect(text).not.toContain('evil');
  });
});

describe('an upgrade that the cluster answers with 101 and without a protocol', () => {
  it('does not count, and nothing of it is forwarded', async () => {
    await start();
    say = (socket) => void socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\r\nevil');
    const text = await ask(
      request('GET', `${pods}/web/exec?command=ls`, [
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Protocol: v5.channel.k8s.io',
      ]),
    );
    expect(codeOf(text)).toBe(502);
    expect(text).not.toContain('evil');
  });
});

describe('a cluster that sends "100 Continue" unasked', () => {
  it('during a write whose body is still arriving does not break it', async () => {
    await start();
    say = (socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n');
      setTimeout(() => socket.write(okay), 100);
    };
    const socket = rig.dial();
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.write(request('POST', pods, ['Content-Length: 8'], 'half'));
    await pause(30);
    socket.write('more');
    await until(() => text.endsWith('mine'));
    socket.destroy();
    expect(codeOf(text)).toBe(200);
    expect(text).not.toMatch(/ 100 | 103 |preload/);
  });
});

describe('a cluster that closes the connection', () => {
  it('on a reused connection is asked once more if the request changes nothing, and never for a write', async () => {
    await start();
    say = (socket, count) => (count % 2 === 1 ? void socket.write(okay) : void socket.destroy());
    expect(await ask()).toContain('mine');
    expect(await ask()).toContain('mine');
    const before = connections.flat().length;
    const text = await ask(request('POST', pods, ['Content-Length: 0']));
    expect(codeOf(text)).toBe(502);
    expect(connections.flat()).toHaveLength(before + 1);
  });

  it('on all connections that are kept, as when it restarts, is asked once more over a new one', async () => {
    await start();
    const held: Socket[] = [];
    say = (socket) => {
      held.push(socket);
      if (held.length === 4) for (const one of held) one.write(okay);
    };
    const gathered = Array.from({ length: 4 }, () => ask());
    for (const text of await Promise.all(gathered)) expect(text).toContain('mine');
    const kept = new Set(held);
    say = (socket) => void (kept.has(socket) ? socket.destroy() : socket.write(okay));
    for (let round = 0; round < 2; round += 1) expect(await ask()).toContain('mine');
    expect(connections.length).toBe(5);
  });

  it('in the middle of a response does not make it look complete', async () => {
    await start();
    // More than the gateway gathers before it begins its answer.
    const much = 'mine'.padEnd(0x12000, 'x');
    for (const answer of [
      `HTTP/1.1 200 OK\r\nContent-Length: 80000\r\n\r\n${much}`,
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12000\r\n${much}\r\n`,
    ]) {
      say = (socket) => void socket.end(answer);
      const text = await rig.raw(request());
      expect(text).toContain('mine');
      expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
      expect(Number(linesOf(text, 'content-length')[0]?.split(' ')[1] ?? 80_000)).toBe(80_000);
    }
  });
});
