import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStatus } from '../status/status.ts';
import { createStreamObserver } from './create-stream-observer.ts';
import { maxErrorBytes } from './observer/error-channel.ts';
import type { StreamObserver } from './observer/stream-observer.ts';
import { play, type Turn } from './testing/conversation.ts';
import { createSpdyPeer, quads } from './testing/spdy-peer.ts';
import { flagFin, flagUnidirectional, frameTypes } from './spdy/spdy-frame.ts';
import { maxControlBytes } from './spdy/spdy-scanner.ts';
import { maxOpenStreams, maxPorts } from './spdy/spdy-streams.ts';

const exec = (subprotocol = 'v4.channel.k8s.io'): StreamObserver =>
  createStreamObserver({ kind: 'exec', protocol: 'spdy', subprotocol });
const forward = (): StreamObserver =>
  createStreamObserver({ kind: 'portforward', protocol: 'spdy', subprotocol: 'portforward.k8s.io' });
const say = (side: Turn['side'], ...parts: Buffer[]): Turn => ({ side, bytes: Buffer.concat(parts) });

const exited = (code: number): string =>
  JSON.stringify({
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
  });

function execTurns(last: string): Turn[] {
  const [client, server] = [createSpdyPeer({ level: 9 }), createSpdyPeer()];
  return [
    say(
      'client',
      client.synStream(1, { streamtype: 'error' }),
      client.synStream(3, { streamtype: 'stdin' }),
      client.synStream(5, { streamtype: 'stdout' }),
      client.synStream(7, { streamtype: 'stderr' }),
    ),
    say(
      'server',
      server.control(frameTypes.settings, quads(1, 4, 100)),
      server.synReply(1),
      server.synReply(3),
      server.synReply(5),
      server.synReply(7),
    ),
    say(
      'client',
      client.data(1, '', true),
      client.data(3, 'twelve bytes'),
      client.data(3, '', true),
      client.control(frameTypes.ping, quads(1)),
    ),
    say(
      'server',
      server.control(frameTypes.ping, quads(1)),
      server.data(5, 'some output'),
      server.data(7, 'oops'),
      server.data(1, last, true),
      server.data(5, '', true),
      server.data(7, '', true),
    ),
    say('server', server.control(frameTypes.rstStream, quads(3, 5)), server.control(frameTypes.goAway, quads(7, 0))),
  ];
}

describe('an exec over SPDY', () => {
  it.each([[1], [7, 1, 30], [1 << 20]])('is observed completely in pieces of %i', (...sizes) => {
    const observer = play(exec(), execTurns(exited(3)), sizes);
    expect(observer.state).toBe('ok');
    expect(observer.summary()).toEqual({
      channels: {
        error: { fromClient: 0, fromServer: exited(3).length },
        stdin: { fromClient: 12, fromServer: 0 },
        stdout: { fromClient: 0, fromServer: 11 },
        stderr: { fromClient: 0, fromServer: 4 },
      },
      exitCode: 3,
      status: { status: 'Failure', reason: 'NonZeroExitCode', message: 'command terminated with non-zero exit code 3' },
      streams: [
        { id: 5, type: 'stdout' },
        { id: 7, type: 'stderr' },
      ],
      streamsOpened: 4,
      closed: { by: 'server' },
    });
  });

  it('that succeeds has exit code 0', () => {
    expect(play(exec(), execTurns('{"metadata":{},"status":"Success"}')).summary()).toMatchObject({
      exitCode: 0,
      status: { status: 'Success' },
    });
  });

  it.each([
    [
      'a failure to start',
      JSON.stringify({ status: 'Failure', reason: 'InternalError', message: 'no such file', code: 500 }),
      { status: { status: 'Failure', reason: 'InternalError', message: 'no such file', code: 500 } },
    ],
    ['an exit code that is none', exited(256), { status: { status: 'Failure', reason: 'NonZeroExitCode' } }],
    [
      'causes that are no list',
      '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":{}}}',
      { status: { status: 'Failure', reason: 'NonZeroExitCode' } },
    ],
    [
      'details that are null',
      '{"status":"Failure","reason":"NonZeroExitCode","details":null}',
      { status: { status: 'Failure', reason: 'NonZeroExitCode' } },
    ],
    [
      'a cause that is null',
      '{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[null]}}',
      { status: { status: 'Failure', reason: 'NonZeroExitCode' } },
    ],
    ['another object', '{"status":"Maybe"}', { errorText: '{"status":"Maybe"}' }],
    ['null', 'null', { errorText: 'null' }],
    ['half of a Status', '{"status":"Succ', { errorText: '{"status":"Succ' }],
  ])('whose error channel has %s has no exit code', (_name, text, expected) => {
    const summary = play(exec(), execTurns(text)).summary();
    expect(summary).toMatchObject(expected);
    expect(summary.exitCode).toBeUndefined();
  });

  it('of an older protocol has an error text', () => {
    expect(play(exec('v3.channel.k8s.io'), execTurns('{"status":"Success"}')).summary()).toMatchObject({
      errorText: '{"status":"Success"}',
    });
  });

  it('keeps 64 KiB of the error channel and counts the rest', () => {
    const summary = play(exec(), execTurns('e'.repeat(100_000))).summary();
    expect(summary.errorText).toHaveLength(maxErrorBytes);
    expect(summary.channels.error).toEqual({ fromClient: 0, fromServer: 100_000 });
  });

  it('counts separately what arrives after a reset, or from the server after an end', () => {
    const [client, server] = [createSpdyPeer(), createSpdyPeer()];
    const observer = play(exec(), [
      say(
        'client',
        client.synStream(1, { streamtype: 'stdin' }),
        client.synStream(3, { streamtype: 'stdout' }),
        client.control(frameTypes.rstStream, quads(1, 5)),
        client.data(1, 'late'),
      ),
      say('server', server.synReply(3), server.data(3, 'in time', true), server.data(3, 'too late')),
    ]);
    expect(observer.summary().channels).toMatchObject({
      stdin: { fromClient: 0 },
      stdout: { fromServer: 7 },
      late: { fromClient: 4, fromServer: 8 },
    });
  });

  it('is read up to a GOAWAY', () => {
    const client = createSpdyPeer();
    const observer = play(exec(), [
      say(
        'client',
        client.synStream(1, { streamtype: 'stdin' }),
        client.control(frameTypes.goAway, quads(0, 0)),
        Buffer.from('anything'),
      ),
    ]);
    expect([observer.state, observer.summary().closed]).toEqual(['ok', { by: 'client' }]);
  });

  it('may have its streams ended by SYN_STREAM, SYN_REPLY and HEADERS', () => {
    const [client, server] = [createSpdyPeer(), createSpdyPeer()];
    const observer = play(exec(), [
      say(
        'client',
        client.synStream(1, { streamtype: 'error' }, flagFin),
        client.synStream(3, { streamtype: 'stdin' }, flagUnidirectional),
        client.synStream(5, { streamtype: 'stdout' }),
      ),
      say('server', server.synReply(1, flagFin), server.headers(5, { more: 'x' }, flagFin)),
      say('client', client.headers(3, {}, flagFin)),
    ]);
    expect(observer.summary().streams).toEqual([{ id: 5, type: 'stdout' }]);
  });
});

describe('a port-forward over SPDY', () => {
  it('is counted per port and connection', () => {
    const [client, server] = [createSpdyPeer(), createSpdyPeer()];
    const pair = (id: number, port: string, requestid: string): Buffer =>
      Buffer.concat([
        client.synStream(id, { streamtype: 'error', port, requestid }),
        client.data(id, '', true),
        client.synStream(id + 2, { streamtype: 'data', port, requestid }),
      ]);
    const observer = play(
      forward(),
      [
        say('client', pair(1, '80', '0'), pair(5, '443', '1'), pair(9, '80', '2')),
        say('server', ...[1, 3, 5, 7, 9, 11].map((id) => server.synReply(id))),
        say('client', client.data(3, 'GET /'), client.data(11, 'abc', true), client.data(7, 'x')),
        say(
          'server',
          server.data(3, 'hello'),
          server.data(9, 'refused', true),
          server.control(frameTypes.rstStream, quads(11, 5)),
        ),
      ],
      [13],
    );
    expect(observer.summary()).toEqual({
      channels: { error: { fromClient: 0, fromServer: 7 }, data: { fromClient: 9, fromServer: 5 } },
      ports: [
        { port: 80, connections: 2, fromClient: 8, fromServer: 5 },
        { port: 443, connections: 1, fromClient: 1, fromServer: 0 },
      ],
      errorText: 'refused',
      streamsOpened: 6,
      streams: [
        { id: 1, type: 'error', port: 80, requestId: '0' },
        { id: 3, type: 'data', port: 80, requestId: '0' },
        { id: 5, type: 'error', port: 443, requestId: '1' },
        { id: 7, type: 'data', port: 443, requestId: '1' },
      ],
    });
  });

  it('forgets ended streams, and combines ports beyond the first 1024', () => {
    const client = createSpdyPeer();
    const observer = forward();
    const opened = maxOpenStreams + 100;
    for (let turn = 0; turn < opened; turn += 1) {
      const id = 2 * turn + 1;
      observer.fromClient(client.synStream(id, { streamtype: 'data', port: String(1 + (turn % 2000)) }));
      observer.fromClient(client.control(frameTypes.rstStream, quads(id, 5)));
    }
    const summary = observer.summary();
    expect([observer.state, summary.streams, summary.streamsOpened]).toEqual(['ok', [], opened]);
    expect(summary.ports).toHaveLength(maxPorts + 1);
    expect(summary.ports!.reduce((sum, { connections }) => sum + connections, 0)).toBe(opened);
  });

  it('may have at most 4096 open streams', () => {
    const client = createSpdyPeer();
    const observer = forward();
    const open = (turn: number) =>
      observer.fromClient(client.synStream(2 * turn + 1, { streamtype: 'data', port: '80' }));
    for (let turn = 0; turn < maxOpenStreams; turn += 1) open(turn);
    expect(observer.state).toBe('ok');
    open(maxOpenStreams);
    expect(observer.reason).toContain('more than 4096 streams at a time');
  });
});

describe('an ambiguous client is unparsable', () => {
  const client = (...frames: ((peer: ReturnType<typeof createSpdyPeer>) => Buffer)[]): StreamObserver => {
    const peer = createSpdyPeer();
    return play(exec(), [say('client', ...frames.map((frame) => frame(peer)))]);
  };
  const syn =
    (id: number, streamtype: string, flags?: number) =>
    (peer: ReturnType<typeof createSpdyPeer>): Buffer =>
      peer.synStream(id, { streamtype }, flags);
  const control =
    (type: number, payload: number[] | Buffer, flags = 0) =>
    (peer: ReturnType<typeof createSpdyPeer>): Buffer =>
      peer.control(type, payload, flags);
  const raw =
    (...bytes: number[]) =>
    (): Buffer =>
      Buffer.from(bytes);

  it.each([
    ['an id that is used again', [syn(1, 'stdin'), syn(1, 'resize')], 'a stream id out of turn'],
    ['an id below the last', [syn(5, 'stdin'), syn(3, 'resize')], 'a stream id out of turn'],
    ['an even id', [syn(2, 'stdin')], 'a stream id out of turn'],
    ['an id with the reserved bit', [syn(0x8000_0001, 'stdin')], 'an impossible stream id'],
    ['the id 0', [syn(0, 'stdin')], 'an impossible stream id'],
    ['a second stdin', [syn(1, 'stdin'), syn(3, 'stdin')], 'a second stream for stdin'],
    ['an unknown stream type', [syn(1, 'data')], 'a stream of an unknown type'],
    ['unknown flags on a stream', [syn(1, 'stdin', 4)], 'an unknown flag on a new stream'],
    [
      'data on a stream that is not there',
      [syn(1, 'stdin'), (peer) => peer.data(3, 'x')],
      'data on a stream that was never opened',
    ],
    ['data on stream 0', [(peer) => peer.data(0, 'x')], 'data without a stream'],
    [
      'data after the end',
      [syn(1, 'stdin'), (peer) => peer.data(1, 'x', true), (peer) => peer.data(1, 'y')],
      'data after the end of its stream',
    ],
    ['an unknown flag on data', [syn(1, 'stdin'), raw(0, 0, 0, 1, 2, 0, 0, 0)], 'an unknown flag on data'],
    ['version 2', [raw(0x80, 2, 0, 6, 0, 0, 0, 4, 0, 0, 0, 1)], 'a control frame of another version than 3'],
    ['an unknown type', [control(5, [])], 'a control frame of an unknown type'],
    ['a SYN_REPLY', [(peer) => peer.synReply(1)], 'a stream accepted by the client'],
    ['a PING of eight bytes', [control(frameTypes.ping, quads(1, 2))], 'a control frame of the wrong length'],
    ['a PING with a flag', [control(frameTypes.ping, quads(1), 1)], 'a control frame of the wrong length'],
    [
      'a WINDOW_UPDATE of nine bytes',
      [control(frameTypes.windowUpdate, [0, 0, 0, 1, 0, 0, 0, 1, 0])],
      'a control frame of the wrong length',
    ],
    [
      'SETTINGS longer than their number',
      [control(frameTypes.settings, quads(0, 0x8003_0006))],
      'settings of the wrong length',
    ],
    ['SETTINGS of more than there are', [control(frameTypes.settings, quads(2, 0, 0))], 'settings of the wrong length'],
    ['an RST_STREAM without a reason', [control(frameTypes.rstStream, quads(1, 0))], 'a reset without a reason'],
    [
      'a SYN_STREAM without room for headers',
      [control(frameTypes.synStream, quads(1, 0))],
      'a control frame that is too short',
    ],
    [
      'headers that are not compressed',
      [control(frameTypes.synStream, Buffer.concat([quads(1, 0), Buffer.alloc(20)]))],
      'headers that are not compressed as SPDY requires',
    ],
    [
      'a control frame of more than 16 KiB',
      [raw(0x80, 3, 0, 8, 0, 0, 0x40, 1)],
      `a control frame of more than ${maxControlBytes} bytes`,
    ],
  ] as [string, ((peer: ReturnType<typeof createSpdyPeer>) => Buffer)[], string][])(
    'by %s',
    (_name, frames, message) => {
      const observer = client(...frames);
      expect(observer.state).toBe('unparsable');
      expect(observer.reason).toContain(message);
      expect(observer.reason).toMatch(/ \(from the client, in its bytes 0 to \d+\)$/);
    },
  );

  it('stops reading an ambiguous client', () => {
    const observer = client(syn(1, 'stdin'), (peer) => peer.data(1, 'abc'), syn(2, 'x'));
    observer.fromClient(createSpdyPeer().data(1, 'more'));
    expect(observer.summary().channels.stdin).toEqual({ fromClient: 3, fromServer: 0 });
  });

  it('while the boundaries of the server are still known', () => {
    const [peer, server] = [createSpdyPeer(), createSpdyPeer()];
    const observer = play(exec(), [
      say('client', peer.synStream(1, { streamtype: 'error' })),
      say('server', server.synReply(1)),
      say('client', Buffer.from('GET / HTTP/1.1')),
      say('server', server.control(frameTypes.ping, quads(2))),
    ]);
    expect(observer.state).toBe('unparsable');
    expect(observer.endWith(createStatus({ code: 403, message: 'no' }))).toMatchObject({
      ready: true,
      carriesStatus: true,
    });
  });

  it('as is a server that opens streams', () => {
    const observer = play(exec(), [say('server', createSpdyPeer().synStream(2, { streamtype: 'stdout' }))]);
    expect(observer.reason).toContain('a stream opened by the server (from the server, in its bytes 0 to ');
    expect(observer.endWith(createStatus({ code: 403 }))).toBeUndefined();
  });
});

describe('any conversation', () => {
  it('is read the same in any pieces', () => {
    const text = fc.string({ maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(1, 3, 5, 7), text), { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        (said, sizes) => {
          const turns = execTurns(exited(1)).slice(0, 2);
          const [client, server] = [createSpdyPeer(), createSpdyPeer()];
          for (const [id, data] of said)
            turns.push(id === 3 ? say('client', client.data(id, data)) : say('server', server.data(id, data)));
          const whole = play(exec(), turns);
          expect(play(exec(), turns, sizes).summary()).toEqual(whole.summary());
          expect(whole.summary().channels.stdin?.fromClient).toBe(
            said.reduce((sum, [id, data]) => sum + (id === 3 ? Buffer.byteLength(data) : 0), 0),
          );
        },
      ),
    );
  });
});
