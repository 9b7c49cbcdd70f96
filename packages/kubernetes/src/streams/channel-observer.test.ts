import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStatus } from '../status/status.ts';
import { encodeClose, encodeFrame, opcodes, type Opcode } from '../websocket/websocket-frame.ts';
import { createStreamObserver } from './create-stream-observer.ts';
import type { StreamObserver } from './observer/stream-observer.ts';
import { fromClient, fromServer, play, type Turn } from './testing/conversation.ts';
import { readMessages } from './testing/read-messages.ts';
import { maxFrameBytes } from './websocket/websocket-scanner.ts';

const mask = Buffer.from([9, 8, 7, 6]);
const observe = (subprotocol = 'v5.channel.k8s.io'): StreamObserver =>
  createStreamObserver({ kind: 'exec', protocol: 'websocket', subprotocol });
const client = (...parts: Buffer[]): Turn => ({ side: 'client', bytes: Buffer.concat(parts) });
const server = (...parts: Buffer[]): Turn => ({ side: 'server', bytes: Buffer.concat(parts) });
const frame = (opcode: Opcode, payload: string | number[], fin = true): Buffer =>
  encodeFrame({ opcode, payload: Buffer.from(payload as string), fin });
const success = '{"metadata":{},"status":"Success"}';

describe('an exec over WebSocket', () => {
  const turns = [
    client(
      fromClient(0, 'twelve bytes'),
      fromClient(4, '{"Width":80,"Height":24}'),
      encodeFrame({ opcode: opcodes.ping, mask }),
      encodeFrame({ opcode: opcodes.binary, payload: Buffer.from([255, 0]), mask }),
    ),
    server(
      fromServer(1, ''),
      fromServer(1, 'some output'),
      frame(opcodes.pong, ''),
      fromServer(2, 'oops'),
      fromServer(3, success),
      encodeClose(1000),
    ),
    client(encodeClose(1000, '', mask)),
  ];

  it.each([[1], [5, 3], [1 << 20]])('is observed completely in pieces of %i', (...sizes) => {
    const observer = play(observe(), turns, sizes);
    expect(observer.reason).toBeUndefined();
    expect(observer.summary()).toEqual({
      channels: {
        stdin: { fromClient: 12, fromServer: 0 },
        resize: { fromClient: 24, fromServer: 0 },
        stdout: { fromClient: 0, fromServer: 11 },
        stderr: { fromClient: 0, fromServer: 4 },
        error: { fromClient: 0, fromServer: success.length },
      },
      exitCode: 0,
      status: { status: 'Success' },
      closed: { by: 'server', code: 1000 },
    });
  });

  it('may be fragmented by the server, with control frames between', () => {
    const observer = play(observe(), [
      server(
        frame(opcodes.binary, '', false),
        frame(opcodes.continuation, [1, 65], false),
        frame(opcodes.ping, 'x'),
        frame(opcodes.continuation, [3, 3, 3]),
        frame(opcodes.binary, [2]),
      ),
    ]);
    expect(observer.summary().channels).toEqual({
      stdout: { fromClient: 0, fromServer: 4 },
      stderr: { fromClient: 0, fromServer: 0 },
    });
  });

  it('reports the side that closed first, with its code, and reads nothing after it', () => {
    const observer = play(observe(), [
      client(encodeFrame({ opcode: opcodes.close, mask }), fromClient(0, 'ignored')),
      server(encodeClose(1000)),
    ]);
    expect([observer.state, observer.summary()]).toEqual(['ok', { channels: {}, closed: { by: 'client' } }]);
  });

  it('reads text like binary, as the API server does', () => {
    expect(
      play(observe(), [
        client(encodeFrame({ opcode: opcodes.text, payload: Buffer.from([0, 65, 66]), mask })),
      ]).summary().channels,
    ).toEqual({ stdin: { fromClient: 2, fromServer: 0 } });
  });

  it('ignores empty messages', () => {
    const observer = play(observe(), [client(encodeFrame({ opcode: opcodes.binary, mask }), fromClient(0, 'x'))]);
    expect(observer.summary().channels).toEqual({ stdin: { fromClient: 1, fromServer: 0 } });
  });
});

describe('an ambiguous stream is unparsable', () => {
  it.each([
    [
      'a message of the client in fragments',
      client(
        encodeFrame({ opcode: opcodes.binary, payload: Buffer.from([4]), fin: false, mask }),
        encodeFrame({ opcode: opcodes.continuation, payload: Buffer.from([0, 65]), mask }),
      ),
      'a fragmented message',
    ],
    ['compression', client(Buffer.from([0xc2, 0x81, 1, 2, 3, 4, 0])), 'a reserved bit is set'],
    ['a reserved opcode', client(Buffer.from([0x83, 0x80, 0, 0, 0, 0])), 'unknown opcode'],
    ['a client that does not mask', client(fromServer(0, 'x')), 'a client must mask its frames'],
    ['a server that masks', server(fromClient(1, 'x')), 'a server must not mask its frames'],
    [
      'a frame of more than 32 MiB',
      client(Buffer.from([0x82, 0xff, 0, 0, 0, 0, 2, 0, 0, 1])),
      `a frame of more than ${maxFrameBytes} bytes`,
    ],
    ['a length with the highest bit', client(Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0])), 'highest bit'],
    ['a length that is longer than it must be', client(Buffer.from([0x82, 0xfe, 0, 5])), 'shortest form'],
    ['a ping in fragments', client(Buffer.from([0x09, 0x80, 0, 0, 0, 0])), 'a control frame must not be fragmented'],
    ['a continuation of nothing', server(frame(opcodes.continuation, [1])), 'a continuation of nothing'],
    [
      'a message inside a message',
      server(frame(opcodes.binary, [1], false), frame(opcodes.binary, [1])),
      'a new message inside a fragmented one',
    ],
    ['an unknown channel', client(fromClient(5, 'x')), 'an unknown channel'],
    [
      'an unknown channel that is closed',
      client(fromClient(255, [7] as unknown as string)),
      'a close of an unknown channel',
    ],
    [
      'two channels closed at once',
      client(fromClient(255, [0, 1] as unknown as string)),
      'a malformed close of a channel',
    ],
    ['no channel closed', client(fromClient(255, '')), 'a malformed close of a channel'],
  ])('cannot parse %s', (_name, turn, message) => {
    const observer = play(observe(), [turn]);
    expect(observer.state).toBe('unparsable');
    expect(observer.reason).toContain(message);
    expect(observer.reason).toContain(`(from the ${turn.side}, in its bytes 0 to `);
  });

  it('a channel that is closed, in version 4', () => {
    expect(play(observe('v4.channel.k8s.io'), [client(fromClient(255, [0] as unknown as string))]).reason).toContain(
      'an unknown channel',
    );
  });
});

describe('the counted bytes', () => {
  const message = fc.record({
    channel: fc.integer({ min: 0, max: 4 }),
    data: fc.uint8Array({ maxLength: 200 }),
    parts: fc.integer({ min: 1, max: 4 }),
    ping: fc.boolean(),
  });

  it('are those that an RFC 6455 reader reassembles, however they are split and fragmented', () => {
    fc.assert(
      fc.property(
        fc.array(message, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1 }),
        (messages, sizes) => {
          const bytes = Buffer.concat(
            messages.flatMap(({ channel, data, parts, ping }) => {
              const payload = Buffer.from([channel, ...data]);
              const size = Math.ceil(payload.length / parts);
              return Array.from({ length: parts }, (_, index) =>
                Buffer.concat([
                  encodeFrame({
                    opcode: index === 0 ? opcodes.binary : opcodes.continuation,
                    payload: payload.subarray(index * size, (index + 1) * size),
                    fin: index === parts - 1,
                  }),
                  ping ? frame(opcodes.ping, 'p') : Buffer.alloc(0),
                ]),
              );
            }),
          );
          const counted = new Map<number, number>();
          for (const event of readMessages(bytes)) {
            if (event.type === 'binary')
              counted.set(event.data[0]!, (counted.get(event.data[0]!) ?? 0) + event.data.length - 1);
          }
          const observer = play(observe(), [server(bytes)], sizes);
          expect(observer.state).toBe('ok');
          expect(Object.values(observer.summary().channels).map((counts) => counts.fromServer)).toEqual([
            ...counted.values(),
          ]);
        },
      ),
    );
  });
});

describe('a frame that is longer than the bytes so far', () => {
  it('is counted as its bytes arrive', () => {
    const whole = fromServer(1, Buffer.alloc(100_000));
    const observer = play(observe(), [server(whole.subarray(0, 50_000))]);
    expect(observer.summary().channels).toEqual({ stdout: { fromClient: 0, fromServer: 50_000 - 11 } });
    expect(observer.endWith(createStatus({ code: 403 }))).toEqual({ ready: false, remaining: whole.length - 50_000 });
  });
});
