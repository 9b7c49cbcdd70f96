import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeClose, encodeFrame, opcodes } from '../websocket/websocket-frame.ts';
import { createStreamObserver } from './create-stream-observer.ts';
import type { StreamObserver } from './observer/stream-observer.ts';
import { frameTypes } from './spdy/spdy-frame.ts';
import { cut, play, type Turn } from './testing/conversation.ts';
import { createSpdyPeer, quads } from './testing/spdy-peer.ts';

const mask = Buffer.from([1, 2, 3, 250]);
const observe = (): StreamObserver =>
  createStreamObserver({ kind: 'portforward', protocol: 'websocket', subprotocol: 'SPDY/3.1+portforward.k8s.io' });

/** Splits the bytes of a side into messages of these sizes. */
function wrap(side: Turn['side'], bytes: Buffer, sizes: readonly number[]): Turn {
  return {
    side,
    bytes: Buffer.concat(
      cut(bytes, sizes).map((payload) =>
        encodeFrame({ opcode: opcodes.binary, payload, ...(side === 'client' && { mask }) }),
      ),
    ),
  };
}

function turns(sizes: readonly number[]): Turn[] {
  const [client, server] = [createSpdyPeer({ level: 9 }), createSpdyPeer()];
  return [
    wrap(
      'client',
      Buffer.concat([
        client.synStream(1, { streamtype: 'error', port: '8080', requestid: '0' }),
        client.data(1, '', true),
        client.synStream(3, { streamtype: 'data', port: '8080', requestid: '0' }),
        client.data(3, 'GET / HTTP/1.1\r\n\r\n'),
      ]),
      sizes,
    ),
    wrap(
      'server',
      Buffer.concat([
        server.synReply(1),
        server.synReply(3),
        server.data(3, 'HTTP/1.1 200 OK'),
        server.data(3, '', true),
        server.data(1, '', true),
      ]),
      sizes,
    ),
    wrap('client', client.control(frameTypes.rstStream, quads(3, 5)), sizes),
  ];
}

describe('a port-forward over WebSocket', () => {
  const expected = {
    channels: { error: { fromClient: 0, fromServer: 0 }, data: { fromClient: 18, fromServer: 15 } },
    ports: [{ port: 8080, connections: 1, fromClient: 18, fromServer: 15 }],
    streams: [],
    streamsOpened: 2,
  };

  it('is read however its SPDY frames are split into messages and packets', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(sizes, sizes, (messages, packets) => {
        expect(play(observe(), turns(messages), packets).summary()).toEqual(expected);
      }),
    );
  });

  it('reports the side that closed it', () => {
    expect(play(observe(), [...turns([1000]), { side: 'server', bytes: encodeClose(1000) }]).summary()).toEqual({
      ...expected,
      closed: { by: 'server', code: 1000 },
    });
  });

  it.each([
    [
      'a text message',
      { side: 'client', bytes: encodeFrame({ opcode: opcodes.text, payload: Buffer.from('x'), mask }) },
      'a text message in a tunnel',
    ],
    [
      'SPDY of another version',
      wrap('client', Buffer.from([0x80, 2, 0, 6, 0, 0, 0, 0]), [3]),
      'another version than 3',
    ],
    [
      'a stream without a port',
      wrap('client', createSpdyPeer().synStream(1, { streamtype: 'data' }), [9]),
      'a stream without a port',
    ],
  ] as [string, Turn, string][])('is unparsable with %s', (_name, turn, message) => {
    expect(play(observe(), [turn]).reason).toContain(message);
  });

  it('is unparsable as SPDY if it comes raw', () => {
    expect(
      play(
        createStreamObserver({ kind: 'portforward', protocol: 'spdy', subprotocol: 'portforward.k8s.io' }),
        turns([50]),
      ).state,
    ).toBe('unparsable');
  });
});
