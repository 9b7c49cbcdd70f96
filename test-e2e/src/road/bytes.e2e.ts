import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import {
  describeWith,
  dialRaw,
  eventually,
  rawExchange,
  refuseUpgrade,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type RecordingUpstream,
} from '../harness/index.ts';

const upgradeHead = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: v5.channel.k8s.io',
];

describeWith(['redis', 'kafka', 'postgres'], 'what passes through four processes, byte by byte', () => {
  let upstream: RecordingUpstream;
  let gateway: Gateway;
  let token: string;
  beforeAll(async () => {
    upstream = await startRecordingUpstream();
    gateway = await startGateway({ mode: 'processes', clusters: [upstream.access] });
    ({ token } = await gateway.login('alice@example.com'));
  });
  afterAll(async () => {
    await upstream?.stop();
    await gateway?.stop();
  });
  afterEach(() => upstream.reset());

  const bearer = () => `Authorization: Bearer ${token}`;
  const pods = '/clusters/dev/api/v1/namespaces/default/pods';
  const request = (line: string, ...headers: string[]) =>
    `${line} HTTP/1.1\r\n${['Host: gate', ...headers].join('\r\n')}\r\n\r\n`;

  it("the cluster gets exactly the allowed headers, one line per group, and not the person's token", async () => {
    await gateway.request(`${pods}?limit=500&fieldSelector=a%3Db`, {
      token,
      headers: {
        accept: 'application/json;as=Table',
        'user-agent': 'kubectl/v1.36.3',
        'kubectl-command': 'kubectl get',
        'x-other': 'dropped',
        cookie: 'a=b',
      },
    });
    const [seen] = upstream.requests;
    expect(seen!.url).toBe('/api/v1/namespaces/default/pods?limit=500&fieldSelector=a%3Db');
    const names = seen!.rawHeaders
      .filter((_, index) => index % 2 === 0)
      .map((name) => name.toLowerCase())
      .toSorted();
    expect(names).toEqual([
      'accept',
      'audit-id',
      'authorization',
      'connection',
      'host',
      'impersonate-extra-sallyport.dev%2fsession',
      'impersonate-group',
      'impersonate-uid',
      'impersonate-user',
      'kubectl-command',
      'user-agent',
    ]);
    expect(seen!.header('authorization')).toEqual([`Bearer ${upstream.token}`]);
    expect(seen!.connection.bytes().includes(token)).toBe(false);
    const [event] = await gateway.audit.await({ stage: 'ResponseComplete', verb: 'list', resource: 'pods' });
    expect(seen!.header('audit-id')).toEqual([event!.data.auditID]);
  });

  it('a body with every byte passes unchanged, with a length and in chunks', async () => {
    const body = Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)), randomBytes(300_000)]);
    for (const headers of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
      const answer = await gateway.request(pods, {
        token,
        method: 'POST',
        body,
        headers: { ...headers, 'content-type': 'application/vnd.kubernetes.protobuf' },
      });
      expect(answer.status).toBe(200);
      expect(upstream.requests.at(-1)!.body().equals(body)).toBe(true);
    }
  });

  it('a response before the end of the body is relayed, and nothing breaks', async () => {
    const body = randomBytes(2_000_000);
    for (const headers of [{ 'content-length': body.length }, { 'transfer-encoding': 'chunked' }]) {
      upstream.answer((_request, response) =>
        response.writeHead(413, { 'content-type': 'text/plain', connection: 'close' }).end('too large'),
      );
      for (let times = 0; times < 5; times += 1)
        await gateway
          .request(pods, { token, method: 'POST', body, headers })
          .catch((error: NodeJS.ErrnoException) => expect(['ECONNRESET', 'EPIPE']).toContain(error.code));
      upstream.answer((_request, response) =>
        response.writeHead(413, { 'content-type': 'text/plain' }).end('too large'),
      );
      for (let times = 0; times < 5; times += 1)
        await gateway
          .request(pods, { token, method: 'POST', body, headers })
          .catch((error: NodeJS.ErrnoException) => expect(['ECONNRESET', 'EPIPE']).toContain(error.code));
    }
    upstream.answer(undefined);
    expect((await gateway.request(pods, { token })).status).toBe(200);
  });

  it('a response with every byte passes unchanged, and so do redirects and error pages', async () => {
    const body = randomBytes(300_000);
    upstream.answer((_request, response) =>
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length }).end(body),
    );
    const answer = await rawExchange(gateway.url, gateway.caPem, request(`GET ${pods}`, bearer(), 'Connection: close'));
    expect(answer.bytes.subarray(answer.bytes.indexOf('\r\n\r\n') + 4).equals(body)).toBe(true);
    upstream.answer((_request, response) => response.writeHead(307, { location: 'https://10.0.0.9/elsewhere' }).end());
    const redirect = await gateway.request(pods, { token });
    expect([redirect.status, redirect.headers['location']]).toEqual([307, 'https://10.0.0.9/elsewhere']);
    upstream.answer((_request, response) =>
      response.writeHead(418, { 'content-type': 'text/plain' }).end('short and stout'),
    );
    expect(await gateway.request(pods, { token })).toMatchObject({ status: 418, text: 'short and stout' });
    expect(upstream.requests).toHaveLength(3);
  });

  it('each line of a watch arrives as soon as it is written', async () => {
    const pending: (() => void)[] = [];
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      pending.push(
        () => response.write('{"type":"ADDED"}\n'),
        () => response.end('{"type":"DELETED"}\n'),
      );
    });
    const socket = await dialRaw(gateway.url, gateway.caPem);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.write(request(`GET ${pods}?watch=true`, bearer(), 'Connection: close'));
    await eventually('the head', () => text.startsWith('HTTP/1.1 200 OK'));
    expect(text).not.toContain('ADDED');
    pending[0]!();
    await eventually('the first line', () => text.includes('"ADDED"'));
    expect(text).not.toContain('DELETED');
    pending[1]!();
    await eventually('the last line', () => text.includes('"DELETED"'));
    socket.destroy();
  });

  it('a client that disconnects is disconnected from the cluster too', async () => {
    upstream.answer((_request, response) => response.writeHead(200).flushHeaders());
    const socket = await dialRaw(gateway.url, gateway.caPem);
    socket.write(request(`GET ${pods}?watch=true`, bearer()));
    await eventually('the request to arrive', () => upstream.requests.length === 1);
    socket.destroy();
    await eventually("the cluster's connection to be closed", () => upstream.requests[0]!.connection.closed);
  });

  it('bytes of a stream pass unchanged in both directions, and the end of each side reaches the other', async () => {
    const socket = await dialRaw(gateway.url, gateway.caPem);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(request(`GET ${pods}/web/exec?command=cat&stdin=true`, bearer(), ...upgradeHead));
    const head = () => Buffer.concat(chunks).indexOf('\r\n\r\n');
    await eventually('101', () => head() > 0);
    const sent = randomBytes(500_000);
    const ended = new Promise((resolve) => {
      socket.once('end', resolve);
    });
    socket.end(sent);
    await ended;
    const all = Buffer.concat(chunks);
    expect(all.toString('latin1')).toMatch(/^HTTP\/1\.1 101 [\s\S]*sec-websocket-protocol: v5\.channel\.k8s\.io/i);
    expect(all.subarray(head() + 4).equals(sent)).toBe(true);
    expect(upstream.connections.at(-1)!.bytes().subarray(-sent.length).equals(sent)).toBe(true);
  });

  it.each([403, 307, 500])('the response %d to an upgrade is relayed, and both sides are closed', async (status) => {
    upstream.answerUpgrade((_request, socket) =>
      refuseUpgrade(socket, status, { Location: 'https://10.0.0.9/' }, 'no'),
    );
    const answer = await rawExchange(
      gateway.url,
      gateway.caPem,
      request(`GET ${pods}/web/exec?command=id`, bearer(), ...upgradeHead),
    );
    expect(answer.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*\r\n\r\nno$`));
    expect(answer.closed).toBe(true);
    await eventually("the cluster's connection to be closed", () =>
      upstream.connections.every((connection) => connection.closed),
    );
  });
});
