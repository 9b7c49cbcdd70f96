import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStatus } from '../status/status.ts';
import { encodeClose, encodeFrame, opcodes } from '../websocket/websocket-frame.ts';
import { createStreamObserver } from './create-stream-observer.ts';
import type { StreamObserver } from './observer/stream-observer.ts';
import { frameTypes } from './spdy/spdy-frame.ts';
import { fromClient, fromServer, play, type Turn } from './testing/conversation.ts';
import { readMessages } from './testing/read-messages.ts';
import { createSpdyPeer, quads } from './testing/spdy-peer.ts';

const client = (...parts: Buffer[]): Turn => ({ side: 'client', bytes: Buffer.concat(parts) });
const server = (...parts: Buffer[]): Turn => ({ side: 'server', bytes: Buffer.concat(parts) });

/** Observes an exec, and keeps what its sink is given: pieces of one channel in a row as one text. */
function sunk(protocol: 'websocket' | 'spdy' = 'websocket', input = true) {
  const given: (string | number)[][] = [];
  const observer = createStreamObserver(
    { kind: 'exec', protocol, subprotocol: protocol === 'spdy' ? 'v4.channel.k8s.io' : 'v5.channel.k8s.io' },
    {
      input,
      data(channel, bytes) {
        const text = Buffer.from(bytes).toString('latin1');
        const last = given.at(-1);
        if (last?.[0] === channel) last[1] += text;
        else given.push([channel, text]);
      },
      resize: (columns, rows) => void given.push(['resize', columns, rows]),
    },
  );
  return { observer, given };
}

const expected = [
  ['stdin', 'typed'],
  ['resize', 80, 24],
  ['resize', 0, 50],
  ['stdout', 'one\xfftwo'],
  ['stderr', 'three'],
  ['error', '{}'],
];
const sizes = '{"Width":80,"Height":24}\n{ "height": 50, "Other": "\\"}{" }';

const webSocketTurns = [
  client(fromClient(0, 'typed'), fromClient(4, sizes.slice(0, 30)), fromClient(4, sizes.slice(30))),
  server(
    fromServer(1, ''),
    encodeFrame({ opcode: opcodes.binary, payload: Buffer.from('\x01one', 'latin1'), fin: false }),
    encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('data behind a ping') }),
    encodeFrame({ opcode: opcodes.continuation, payload: Buffer.from('\xfftwo', 'latin1') }),
    fromServer(2, 'three'),
    fromServer(3, '{}'),
    encodeClose(1000),
  ),
];

function spdyTurns(): Turn[] {
  const [one, other] = [createSpdyPeer(), createSpdyPeer()];
  const types = ['error', 'resize', 'stdin', 'stderr', 'stdout'];
  return [
    client(...types.map((streamtype, index) => one.synStream(101 + 2 * index, { streamtype }))),
    server(...types.map((_type, index) => other.synReply(101 + 2 * index))),
    client(one.data(105, 'typed'), one.data(103, sizes)),
    server(
      other.data(109, Buffer.from('one\xff', 'latin1')),
      other.control(frameTypes.ping, quads(1)),
      other.data(109, 'two', true),
      other.data(107, 'three', true),
      other.data(101, '{}', true),
      other.control(frameTypes.goAway, quads(109, 0)),
    ),
  ];
}

const pieces = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });

describe('the sink of an exec', () => {
  it.each([
    ['websocket', webSocketTurns],
    ['spdy', spdyTurns()],
  ] as const)('is given the payload over %s in order, however it is split', (protocol, turns) => {
    fc.assert(
      fc.property(pieces, (split) => {
        const { observer, given } = sunk(protocol);
        play(observer, turns, split);
        expect(observer.reason).toBeUndefined();
        expect(given).toEqual(expected);
      }),
    );
  });

  it('is given of the client only sizes if it wants no input', () => {
    const { observer, given } = sunk('websocket', false);
    play(observer, webSocketTurns, [3]);
    expect(given).toEqual(expected.slice(1));
  });

  it.each([
    ['that is not JSON', '{"Width":80,}'],
    ['that is a list', '[80,24]'],
    ['beyond 16 bits', '{"Width":65536,"Height":1}'],
    ['that is no number', '{"Width":"80","Height":1}'],
    ['that does not end', `{"a":"${'x'.repeat(2000)}`],
  ])('makes a size %s a fault', (_name, text) => {
    const { observer } = sunk();
    play(observer, [client(fromClient(4, text))]);
    expect(observer.state).toBe('unparsable');
  });

  it('makes data on a stream that was never opened a fault', () => {
    const { observer, given } = sunk('spdy');
    play(observer, [server(createSpdyPeer().data(7, 'hidden'))]);
    expect([observer.state, given]).toEqual(['unparsable', []]);
  });

  it('is given data that is late', () => {
    const [one, other] = [createSpdyPeer(), createSpdyPeer()];
    const { observer, given } = sunk('spdy');
    play(observer, [
      client(one.synStream(1, { streamtype: 'stdout' }), one.control(frameTypes.rstStream, quads(1, 5))),
      server(other.data(1, 'late')),
    ]);
    expect(given).toEqual([['stdout', 'late']]);
  });

  it.each([0, 4])('makes what a server sends on channel %i of the client a fault', (channel) => {
    const { observer } = sunk();
    play(observer, [server(fromServer(channel, 'hidden'))]);
    expect(observer.state).toBe('unparsable');
  });

  it.each([
    ['a close frame', 'websocket', Buffer.concat([encodeClose(1000), fromServer(1, 'more')])],
    [
      'a GOAWAY',
      'spdy',
      Buffer.concat([createSpdyPeer().control(frameTypes.goAway, quads(0, 0)), createSpdyPeer().data(1, 'more')]),
    ],
  ] as const)('makes what a server sends after %s a fault', (_name, protocol, bytes) => {
    const { observer } = sunk(protocol);
    play(observer, [server(bytes)], [1]);
    expect(observer.state).toBe('unparsable');
  });
});

describe('the place where a stream could be ended', () => {
  it.each([
    ['websocket', webSocketTurns],
    ['spdy', spdyTurns()],
  ] as const)('is never inside a frame over %s, however it is split', (protocol, turns) => {
    const whole = Buffer.concat(turns.flatMap(({ side, bytes }) => (side === 'server' ? [bytes] : [])));
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length }), pieces, (length, split) => {
        const { observer } = sunk(protocol);
        const turn = { side: 'server', bytes: whole.subarray(0, length) } as const;
        play(observer, [turns[0]!, turn], split);
        const again = sunk(protocol).observer;
        play(again, [turns[0]!, { ...turn, bytes: whole.subarray(0, length - observer.sinceBoundary) }]);
        expect(again.sinceBoundary).toBe(0);
        expect(observer.sinceBoundary === 0).toBe(observer.endWith(createStatus({ code: 403 }))?.ready ?? true);
      }),
    );
  });
});

describe('a line for the client', () => {
  /** Passes on the bytes of a server until the line may be inserted. Returns how many of them came first. */
  function insertInto(observer: StreamObserver, bytes: Buffer): { at: number; line: Buffer | undefined } {
    for (let at = 0; ;) {
      const insertion = observer.insert('stderr', Buffer.from('recorded\n'));
      if (!insertion) return { at, line: undefined };
      if (insertion.ready) return { at, line: insertion.bytes };
      observer.fromServer(bytes.subarray(at, at + insertion.remaining));
      at += insertion.remaining;
    }
  }

  it('goes between two messages of a WebSocket', () => {
    const { observer } = sunk();
    expect(insertInto(observer, Buffer.alloc(0))).toEqual({ at: 0, line: fromServer(2, 'recorded\n') });
    const half = fromServer(1, 'half');
    observer.fromServer(half.subarray(0, 3));
    const { line } = insertInto(observer, half.subarray(3));
    expect(readMessages(Buffer.concat([half, line!]))).toHaveLength(2);
  });

  it('follows the reply of its stream over SPDY', () => {
    const [one, other] = [createSpdyPeer(), createSpdyPeer()];
    const { observer } = sunk('spdy');
    play(observer, [
      client(one.synStream(1, { streamtype: 'error' })),
      client(one.synStream(3, { streamtype: 'stderr' })),
    ]);
    const replies = Buffer.concat([other.synReply(1), other.synReply(3)]);
    expect(insertInto(observer, Buffer.concat([replies, other.data(3, 'own')]))).toEqual({
      at: replies.length,
      line: one.data(3, 'recorded\n'),
    });
  });

  it('is not inserted once the server has sent data, nor without its stream, nor after the end', () => {
    const [one, other] = [createSpdyPeer(), createSpdyPeer()];
    const { observer } = sunk('spdy');
    play(observer, [client(one.synStream(1, { streamtype: 'stdout' }))]);
    const bytes = Buffer.concat([other.synReply(1), other.data(1, 'own')]);
    expect(insertInto(observer, bytes).line).toBeUndefined();
    const closed = sunk();
    closed.observer.fromServer(encodeClose(1000));
    expect(insertInto(closed.observer, Buffer.alloc(0)).line).toBeUndefined();
  });
});
