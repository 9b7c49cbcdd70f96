import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { alice, allow, createRig, type Rig } from '../testing/gateway-rig.ts';

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';
const head = (method: string, target: string, lines: string[] = []) =>
  [`${method} ${target} HTTP/1.1`, 'Host: gate', 'Authorization: Bearer spt_x', ...lines, '', ''].join('\r\n');
const codes = () =>
  rig.events
    .filter((event) => event.data?.stage === 'ResponseComplete')
    .map((event) => event.data.responseStatus?.code);

let rig: Rig;
beforeEach(async () => {
  rig = await createRig((request, response) => {
    request.resume();
    request.on('end', () => response.end('{}'));
  });
});
afterEach(() => rig.close());

describe('a connection after a refusal that closes it', () => {
  it.each([
    ['two framings', head('POST', pods, ['Transfer-Encoding: identity, chunked']) + '0\r\n\r\n'],
    ['an identity header', head('GET', pods, ['X-Remote-User: root'])],
    ['another spelling of an identity header', head('GET', pods, ['Impersonate_User: root'])],
    ['two Host lines', head('GET', pods, ['Host: other'])],
    ['no Host line', head('GET', pods).replace('Host: gate\r\n', '')],
    ['an unknown expectation', head('GET', pods, ['Expect: the-unexpected'])],
  ])('(%s) runs nothing that was sent after it', async (_what, refused) => {
    const answer = await rig.raw(refused + head('DELETE', `${pods}/x`));
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
    expect(answer.toLowerCase()).toContain('connection: close');
    await until(() => codes().length === 1);
    expect(rig.checks).toHaveLength(0);
    expect(rig.seen).toHaveLength(0);
    expect(rig.events).toHaveLength(1);
  });

  it('does not wait for the body that a client held back (Expect: 100-continue)', async () => {
    const answer = await rig.raw(
      head('POST', pods, ['Expect: 100-continue', 'Impersonate-User: root', 'Content-Length: 400']),
    );
    expect(answer).toMatch(/^HTTP\/1.1 403/);
    expect(answer.toLowerCase()).toContain('connection: close');
  });
});

describe('a request whose body turns out not to be HTTP while its head is judged', () => {
  it.each([
    ['a bad chunk', '2\r\n{}\r\nzz\r\n'],
    ['a trailer that frames the body', '2\r\n{}\r\n0\r\nContent-Length: 99\r\n\r\n'],
  ])('(%s) is not sent upstream, though its client keeps the connection open', async (_what, body) => {
    rig.acknowledgeMs = 100;
    const socket = rig.dial();
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.write(head('POST', pods, ['Transfer-Encoding: chunked']) + body);
    await until(() => answer.startsWith('HTTP/1.1 400'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(rig.seen).toHaveLength(0);
  });
});

describe('what Node would not pass to the road', () => {
  it.each([
    ['CONNECT', head('CONNECT', 'evil:443'), 400],
    ['CONNECT with a path', head('CONNECT', pods), 405],
    ['an expectation', head('POST', pods, ['Expect: 200-ok']), 400],
    ['a second expectation', head('POST', pods, ['Expect: 100-continue, x']), 400],
    ['no Host line', head('GET', pods).replace('Host: gate\r\n', ''), 400],
  ])('%s is answered with a Status and recorded', async (_what, bytes, code) => {
    const answer = await rig.raw(bytes);
    expect(answer).toContain(`HTTP/1.1 ${code}`);
    expect(JSON.parse(answer.slice(answer.indexOf('{')))).toMatchObject({ kind: 'Status', code });
    await until(() => codes().length === 1);
    expect(codes()).toEqual([code]);
  });
});

describe('a refused upgrade', () => {
  const upgrade = head('GET', `${pods}/web/exec?command=ls`, ['Connection: Upgrade', 'Upgrade: h2c']);

  it('is recorded and closed although its client keeps the connection open', async () => {
    const client = rig.dial();
    client.on('error', () => {});
    client.resume();
    client.write(upgrade);
    await until(() => codes().length === 1);
    expect(codes()).toEqual([400]);
    client.destroy();
  });

  it('leaves no connection to reuse', async () => {
    const client = rig.dial();
    let text = '';
    client.on('data', (chunk) => {
      text += String(chunk);
    });
    client.on('error', () => {});
    const closed = once(client, 'end');
    client.write(upgrade);
    await until(() => text.includes('}'));
    client.write(head('GET', pods));
    await closed;
    client.destroy();
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(rig.seen).toHaveLength(0);
  });
});

describe('a connection whose request takes too long to begin', () => {
  it('is told so and recorded, but not if no byte has come, as from a browser that never used it', async () => {
    rig.server.headersTimeout = 100;
    const answers = [rig.dial(), rig.dial()].map((socket, index) => {
      let answer = '';
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
      if (index === 1) socket.write('GET / HT');
      return once(socket, 'end').then(() => answer);
    });
    expect(await Promise.all(answers)).toEqual(['', expect.stringMatching(/^HTTP\/1.1 408/)]);
    expect(rig.events).toEqual([
      expect.objectContaining({
        type: 'request.unparsable',
        data: { responseStatus: { code: 408, message: 'ERR_HTTP_REQUEST_TIMEOUT' } },
      }),
    ]);
  });
});

describe('bytes that are not HTTP', () => {
  it('after a request that is not answered yet do not become its response', async () => {
    const answer = await rig.raw(`${head('POST', pods)}GARBAGE`);
    expect(answer).not.toContain('400');
  });
});

describe('a body that does not arrive', () => {
  it('after a refusal closes the connection', async () => {
    const client = rig.dial();
    client.on('error', () => {});
    client.resume();
    client.write(head('POST', '/clusters/dev/a%00', ['Content-Length: 400']));
    const started = Date.now();
    await once(client, 'end');
    expect(Date.now() - started).toBeLessThan(30_000);
    client.destroy();
  });
});

describe('a body whose rest arrives after the response', () => {
  it('(refused at once, refused midway, answered early) does not affect the next request, which may be from another user', async () => {
    rig.upstream.removeAllListeners('request');
    let patched = false;
    rig.upstream.on('request', (request, response) => {
      request
        .on('error', () => {})
        .once('data', () => {
          patched ||= request.method === 'PATCH';
        });
      if (request.method === 'GET') setTimeout(() => response.end('{"late":true}'), 2600);
      if (request.method === 'PUT') response.end('{"early":true}');
    });
    const deny = {
      ...allow(),
      decision: { effect: 'deny' as const, rule: 'r', reasons: [], policyVersion: 'v' },
      problem: { code: 'forbidden' as const, detail: 'no' },
    };
    rig.answer = (check) =>
      check.request.method === 'DELETE' || (check.request.method === 'PATCH' && patched) ? deny : allow();
    const length = 300_000;
    await Promise.all(
      ['DELETE', 'PATCH', 'PUT'].map(async (method) => {
        const socket = rig.dial();
        let text = '';
        socket
          .on('error', () => {})
          .on('data', (chunk: Buffer) => {
            text += chunk.toString('latin1');
          });
        socket.write(`${head(method, `${pods}/x`, [`Content-Length: ${length}`])}x`);
        let sent = 1;
        if (method === 'PATCH') {
          await until(() => patched);
          await new Promise((resolve) => {
            setTimeout(resolve, 1050);
          });
          sent += 1;
          socket.write('x');
        }
        await until(() => text.includes('}'));
        expect([method, text.slice(9, 12)]).toEqual([method, method === 'PUT' ? '200' : '403']);
        socket.write('x'.repeat(length - sent) + head('GET', `${pods}?watch=true`));
        await until(() => text.includes('late'));
        socket.destroy();
      }),
    );
  });
});

describe('a bearer token in a WebSocket subprotocol', () => {
  const token = Buffer.from('spt_x').toString('base64url');
  const bare = (lines: string[]) =>
    head('GET', `${pods}/web/exec?command=ls`, lines).replace('Authorization: Bearer spt_x\r\n', '');

  it('counts only in a WebSocket handshake', async () => {
    const offer = `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${token}, v5.channel.k8s.io`;
    expect(await rig.raw(head('GET', pods, [offer]).replace('Authorization: Bearer spt_x\r\n', ''))).toMatch(
      /^HTTP\/1.1 401/,
    );
    expect(await rig.raw(bare([offer, 'Connection: Upgrade', 'Upgrade: SPDY/3.1']))).toMatch(/^HTTP\/1.1 401/);
    expect(rig.seen).toHaveLength(0);
  });

  it.each(['', ',', ' , v5.channel.k8s.io', 'v5.channel.k8s.io,', 'a b', '"a"'])(
    'is refused next to something that is not a subprotocol (%j)',
    async (other) => {
      const offer = `Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.${token}, ${other}`;
      expect(await rig.raw(bare([offer, 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: k']))).toMatch(
        /^HTTP\/1.1 400/,
      );
      expect(rig.seen).toHaveLength(0);
    },
  );
});

describe('an event', () => {
  const token = `spt_${'a'.repeat(43)}`;

  it.each([
    ['path', `/clusters/dev/api/v1/namespaces/${token}`],
    ['query', `/clusters/dev/api?access_token=${token}`],
    ['cluster name', `/clusters/${token}/api`],
  ])('does not contain a token in the %s, and the request is refused', async (_where, target) => {
    expect(await rig.raw(head('GET', target))).toMatch(/^HTTP\/1.1 400/);
    await until(() => codes().length === 1);
    expect(rig.seen).toHaveLength(0);
    expect(JSON.stringify(rig.events)).not.toContain(token);
  });

  it('is limited in size and free of control characters, also if no cluster was named', async () => {
    await rig.raw(head('GET', `/clusters/${'x'.repeat(5000)}/api`));
    await until(() => codes().length === 1);
    expect(JSON.stringify(rig.events[0]!.data.sallyport.cluster).length).toBeLessThan(3000);
    expect(rig.events[0]!.key.length).toBeLessThan(100);
  });
});

describe('what a cluster sends', () => {
  it('in trailers is cleaned as its headers are', async () => {
    rig.upstream.removeAllListeners('request');
    rig.upstream.on('request', (_request, response) => {
      response.writeHead(200, { trailer: 'x-note' });
      response.write('{}');
      response.addTrailers({
        'x-note': 'kept',
        'set-cookie': 'sallyport=evil',
        'clear-site-data': '"*"',
        'access-control-allow-origin': '*',
      });
      response.end();
    });
    const answer = (await rig.raw(head('GET', pods))).toLowerCase();
    expect(answer).toContain('x-note: kept');
    expect(answer).not.toMatch(/set-cookie|clear-site-data|access-control/);
  });

  it('in trailers that cannot be forwarded does not leave the client waiting', async () => {
    rig.upstream.removeAllListeners('request');
    rig.upstream.on('connection', (socket) =>
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-note\r\n\r\n2\r\n{}\r\n0\r\nx-note: \u20ac\r\n\r\n',
        ),
      ),
    );
    rig.answer = () => allow(alice);
    expect(await rig.raw(head('GET', pods))).toMatch(/\r\n0\r\n/);
  });
});
