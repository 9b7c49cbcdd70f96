import { afterEach, describe, expect, it } from '@jest/globals';
import { acceptUpgrade, eventually, refuseUpgrade, type Login } from '../../harness/index.ts';
import { bytesOf, exec, pods, spdy, webSocket, type Attack } from '../fixtures/attack.ts';
import { openRaw, type RawStream } from '../fixtures/raw-stream.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const kinds: [string, Attack][] = [
  ['watch', { target: `${pods}?watch=true` }],
  ['the old watch', { target: '/clusters/dev/api/v1/watch/namespaces/dev/pods' }],
  ['logs -f', { target: `${pods}/web/log?follow=true` }],
  ['exec over WebSocket', { target: exec, lines: webSocket }],
  ['exec over SPDY', { method: 'POST', target: exec, lines: spdy }],
  ['attach', { target: `${pods}/web/attach`, lines: webSocket }],
  [
    'port-forward',
    {
      method: 'POST',
      target: `${pods}/web/portforward`,
      lines: [...spdy.slice(0, 2), 'X-Stream-Protocol-Version: portforward.k8s.io', 'Content-Length: 0'],
    },
  ],
  ['a proxied service', { target: '/clusters/dev/api/v1/namespaces/dev/services/web/proxy/events' }],
  ['a proxied WebSocket', { target: '/clusters/dev/api/v1/namespaces/dev/services/web/proxy/ws', lines: webSocket }],
];
/** The promised time is one second. A busy machine gets ten. */
const inTimeMs = 10_000;

const open: RawStream[] = [];

/** Makes the cluster open streams that never end. */
function neverEnd(): void {
  attackFixture().dev.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"type":"BOOKMARK","object":{}}\n');
  });
  attackFixture().dev.answerUpgrade((request, socket) => {
    acceptUpgrade(request, socket);
    socket.on('end', () => socket.end()).resume();
  });
}

async function begin(token: string, attack: Attack): Promise<RawStream> {
  const stream = await openRaw(bytesOf({ ...attack, authorization: `Bearer ${token}` }));
  open.push(stream);
  await eventually('the stream to open', () =>
    /^HTTP\/1\.1 (?:101[\s\S]*\r\n\r\n|200[\s\S]*BOOKMARK)/.test(stream.text()),
  );
  return stream;
}

/** Reports whether it has ended: with its connection, or as a complete response. */
const isOver = (stream: RawStream) => stream.endedAt !== undefined || stream.text().endsWith('\r\n0\r\n\r\n');

const session = async (): Promise<Login> => attackFixture().gateway.login('alice@example.com');
const revoke = async ({ sessionId }: Login) =>
  attackFixture().gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, {
    method: 'DELETE',
    token: attackFixture().tokens.alice,
  });

function attackRevocation(): void {
  it.each(kinds)(
    '(%s) ends within a second of its session, also upstream, while those of others stay open',
    async (_kind, attack) => {
      neverEnd();
      const login = await session();
      const [mine, others] = [await begin(login.token, attack), await begin(attackFixture().tokens.eve, attack)];
      const revokedAt = Date.now();
      expect((await revoke(login)).status).toBe(204);
      await eventually('the end', () => isOver(mine));
      expect(Date.now() - revokedAt).toBeLessThan(inTimeMs);
      await eventually('the end upstream', () =>
        attackFixture().dev.connections.some(
          ({ closed, requests }) =>
            closed && requests.at(-1)?.header('impersonate-extra-sallyport.dev%2fsession')[0] === login.sessionId,
        ),
      );
      expect(isOver(others)).toBe(false);
      const [cut] = await attackFixture().gateway.audit.await(
        (record) => record.type === 'stream.cut' && record.data.sallyport.sessionId === login.sessionId,
      );
      expect(cut!.data.sallyport.stream).toMatchObject({ reason: 'session-ended' });
    },
  );

  it('that is requested while its session ends does not remain open', async () => {
    neverEnd();
    const login = await session();
    const dialled = await Promise.all(Array.from({ length: 15 }, () => openRaw('')));
    open.push(...dialled);
    const ending = revoke(login);
    for (const stream of dialled)
      stream.socket.write(bytesOf({ target: `${pods}?watch=true`, authorization: `Bearer ${login.token}` }));
    expect((await ending).status).toBe(204);
    await eventually(
      'each to be refused or ended',
      () => dialled.every((stream) => isOver(stream) || stream.text().startsWith('HTTP/1.1 401')),
      inTimeMs,
    );
  });
}

export function attackStreams(): void {
  describe('A34: a stream', () => {
    afterEach(() => {
      for (const { socket } of open.splice(0)) socket.destroy();
    });
    attackRevocation();

    it('that the cluster keeps open still ends for the client', async () => {
      attackFixture().dev.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket);
        socket.on('end', () => {}); // half open, and nothing is read
        socket.pause();
      });
      const login = await session();
      const stream = await begin(login.token, { target: exec, lines: webSocket });
      const revokedAt = Date.now();
      await revoke(login);
      await eventually('the end', () => stream.endedAt !== undefined);
      expect(stream.endedAt! - revokedAt).toBeLessThan(inTimeMs);
    });

    it('that a client keeps open after the end is closed', async () => {
      neverEnd();
      const login = await session();
      const stream = await begin(login.token, { target: exec, lines: webSocket });
      const pour = setInterval(() => stream.socket.write(Buffer.from([0x82, 0x81, 0, 0, 0, 0, 0])), 20);
      await revoke(login);
      await eventually(
        'the connection to be gone',
        () => stream.socket.destroyed || stream.endedAt !== undefined,
        inTimeMs,
      );
      const [closed] = await attackFixture().gateway.audit.await(
        (record) => record.type === 'stream.closed' && record.data.sallyport.sessionId === login.sessionId,
      );
      clearInterval(pour);
      expect(closed!.data.sallyport.stream).toMatchObject({ reason: 'session-ended' });
    });

    it('that the cluster refuses is not a stream, and is not counted', async () => {
      const login = await session();
      attackFixture().dev.answerUpgrade((_request, socket) => refuseUpgrade(socket, 403, {}, '{}'));
      const stream = await openRaw(bytesOf({ target: exec, lines: webSocket, authorization: `Bearer ${login.token}` }));
      await eventually('the end', () => stream.endedAt !== undefined);
      const { gateway } = attackFixture();
      // Until then it is under way, so it could still be cut.
      await gateway.audit.await(
        ({ type, data }) =>
          type === 'k8s.request' && data.stage === 'ResponseComplete' && data.sallyport.sessionId === login.sessionId,
      );
      await revoke(login);
      expect(
        gateway.events(
          (record) => record.type.startsWith('stream.') && record.data.sallyport.sessionId === login.sessionId,
        ),
      ).toEqual([]);
    });
  });
}
