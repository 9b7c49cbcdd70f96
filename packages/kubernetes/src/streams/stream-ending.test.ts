import { describe, expect, it } from '@jest/globals';
import { createStatus } from '../status/status.ts';
import { encodeClose, encodeFrame, opcodes } from '../websocket/websocket-frame.ts';
import { createStreamObserver } from './create-stream-observer.ts';
import type { StreamEnding, StreamObserver } from './observer/stream-observer.ts';
import { fromServer } from './testing/conversation.ts';
import { readMessages } from './testing/read-messages.ts';
import { createSpdyPeer } from './testing/spdy-peer.ts';

const status = createStatus({ code: 403, reason: 'Forbidden', message: 'The session is over.' });
const spdyExec = (): StreamObserver =>
  createStreamObserver({ kind: 'exec', protocol: 'spdy', subprotocol: 'v4.channel.k8s.io' });
const socketExec = (): StreamObserver =>
  createStreamObserver({ kind: 'exec', protocol: 'websocket', subprotocol: 'v5.channel.k8s.io' });

function bytesOf(ending: StreamEnding | undefined): Buffer {
  if (ending?.ready !== true) throw new Error(`not ready: ${JSON.stringify(ending)}`);
  return ending.bytes;
}

/**
 * Passes on the bytes of the server up to where the stream can be ended, as a gateway does, and returns what the client
 * received.
 */
function passUntilReady(
  observer: StreamObserver,
  rest: Buffer,
): { passed: Buffer; ending: StreamEnding | undefined; asked: number } {
  for (let at = 0, asked = 1; ; asked += 1) {
    const ending = observer.endWith(status);
    if (ending?.ready !== false) return { passed: rest.subarray(0, at), ending, asked };
    expect(ending.remaining).toBeGreaterThan(0);
    expect(at + ending.remaining).toBeLessThanOrEqual(rest.length);
    observer.fromServer(rest.subarray(at, at + ending.remaining));
    at += ending.remaining;
  }
}

describe('an exec over WebSocket that is ended', () => {
  it('gets the status on the error channel, then a normal close', () => {
    const ending = socketExec().endWith(status);
    expect(ending).toMatchObject({ ready: true, carriesStatus: true });
    const events = readMessages(bytesOf(ending));
    expect(events).toEqual([
      { type: 'binary', data: Buffer.concat([Buffer.from([3]), Buffer.from(JSON.stringify(status))]) },
      { type: 'close', code: 1000, reason: '' },
    ]);
  });

  it.each([1, 2, 3, 5, 90, 203])('is ended after the current frame, %i bytes into it', (begun) => {
    const whole = fromServer(1, Buffer.alloc(200, 65));
    const observer = socketExec();
    observer.fromServer(whole.subarray(0, begun));
    const { passed, ending, asked } = passUntilReady(
      observer,
      Buffer.concat([whole.subarray(begun), fromServer(1, 'never sent')]),
    );
    expect(begun + passed.length).toBe(whole.length);
    expect(asked).toBeLessThanOrEqual(4);
    observer.fromServer(bytesOf(ending));
    expect(observer.summary()).toMatchObject({
      status: { status: 'Failure', message: status.message, code: 403 },
      channels: { stdout: { fromServer: 200 } },
      closed: { by: 'server', code: 1000 },
    });
    expect(observer.endWith(status)).toBeUndefined();
  });

  it('is not ended inside a fragmented message', () => {
    const observer = socketExec();
    observer.fromServer(encodeFrame({ opcode: opcodes.binary, payload: Buffer.from([1, 65]), fin: false }));
    const rest = Buffer.concat([
      encodeFrame({ opcode: opcodes.ping }),
      encodeFrame({ opcode: opcodes.continuation, payload: Buffer.from('66') }),
    ]);
    expect(passUntilReady(observer, rest).passed).toHaveLength(rest.length);
  });

  it('keeps the status of the cluster', () => {
    const observer = socketExec();
    observer.fromServer(fromServer(3, '{"status":"Success"}'));
    expect(observer.endWith(status)).toEqual({ ready: true, carriesStatus: false, bytes: encodeClose(1000) });
  });

  it('cannot be ended after the server closed it', () => {
    const observer = socketExec();
    observer.fromServer(encodeClose(1000));
    expect(observer.endWith(status)).toBeUndefined();
  });

  it('does not change its summary', () => {
    const observer = socketExec();
    observer.endWith(status);
    expect(observer.summary()).toEqual({ channels: {} });
  });
});

describe('an exec over SPDY that is ended', () => {
  const opened = (types: readonly string[], replies: readonly number[]): StreamObserver => {
    const [client, server] = [createSpdyPeer(), createSpdyPeer({ level: 9 })];
    const observer = spdyExec();
    for (const [index, streamtype] of types.entries())
      observer.fromClient(client.synStream(2 * index + 1, { streamtype }));
    for (const id of replies) observer.fromServer(server.synReply(id));
    return observer;
  };
  const all = ['error', 'stdin', 'stdout', 'stderr'];

  it('gets the status on its error stream, the end of each stream, and GOAWAY', () => {
    const observer = opened(all, [1, 3, 5, 7]);
    const bytes = bytesOf(observer.endWith(status));
    const text = JSON.stringify(status);
    const length = Buffer.from([0, 0, 0, 1, 1, 0, text.length >> 8, text.length & 255]);
    expect(bytes.subarray(0, 8)).toEqual(length);
    expect(bytes.toString('utf8', 8, 8 + text.length)).toBe(text);
    expect(bytes.subarray(8 + text.length).toString('hex')).toBe(
      [
        '8003000300000008' + '0000000300000005',
        '00000005' + '01000000',
        '00000007' + '01000000',
        '8003000700000008' + '0000000700000000',
      ].join(''),
    );
    observer.fromServer(bytes);
    expect(observer.state).toBe('ok');
    expect(observer.summary()).toMatchObject({ status: { message: status.message }, closed: { by: 'server' } });
    expect(observer.endWith(status)).toBeUndefined();
  });

  it.each([[[]], [[3]], [[3, 5, 7]]])('gets its error stream accepted if only %j were', (replies) => {
    const observer = opened(all, replies);
    const ending = observer.endWith(status);
    expect(ending).toMatchObject({ carriesStatus: true });
    observer.fromServer(bytesOf(ending));
    expect([observer.reason, observer.summary().status?.message]).toEqual([undefined, status.message]);
  });

  it('only ends without an error stream', () => {
    const observer = opened(['stdin'], [1]);
    expect(observer.endWith(status)).toMatchObject({ ready: true, carriesStatus: false });
    expect(spdyExec().endWith(status)).toMatchObject({ ready: true, carriesStatus: false });
  });

  it.each([[false], [true]])('keeps the status of the cluster, if it ended that stream: %j', (last) => {
    const observer = opened(all, [1, 3, 5, 7]);
    observer.fromServer(createSpdyPeer().data(1, '{"status":"Success"}', last));
    expect(observer.endWith(status)).toMatchObject({ carriesStatus: false });
    observer.fromServer(bytesOf(observer.endWith(status)));
    expect(observer.summary()).toMatchObject({ exitCode: 0, status: { status: 'Success' }, closed: { by: 'server' } });
  });

  it.each([1, 7, 8, 9, 100])('is ended after the current frame, %i bytes into it', (begun) => {
    const observer = opened(all, [1, 3, 5, 7]);
    const whole = createSpdyPeer().data(5, 'x'.repeat(200));
    observer.fromServer(whole.subarray(0, begun));
    const { passed, ending } = passUntilReady(observer, whole.subarray(begun));
    expect(begun + passed.length).toBe(whole.length);
    expect(ending).toMatchObject({ ready: true, carriesStatus: true });
  });
});

describe('a port-forward that is ended', () => {
  it('sends each connection the reason as text', () => {
    const [client, server] = [createSpdyPeer(), createSpdyPeer()];
    const observer = createStreamObserver({ kind: 'portforward', protocol: 'spdy', subprotocol: 'portforward.k8s.io' });
    for (const [id, streamtype] of [
      [1, 'error'],
      [3, 'data'],
      [5, 'error'],
      [7, 'data'],
    ] as const) {
      observer.fromClient(client.synStream(id, { streamtype, port: '80', requestid: String(id >> 2) }));
      observer.fromServer(server.synReply(id));
    }
    observer.fromServer(bytesOf(observer.endWith(status)));
    expect(observer.summary()).toMatchObject({
      errorText: status.message!.repeat(2),
      channels: { error: { fromServer: 2 * status.message!.length } },
      closed: { by: 'server' },
    });
  });

  it('only ends without a connection', () => {
    const observer = createStreamObserver({ kind: 'portforward', protocol: 'spdy', subprotocol: 'portforward.k8s.io' });
    expect(observer.endWith(status)).toMatchObject({ ready: true, carriesStatus: false });
  });

  it('over WebSocket gets it in a message, where a message and a SPDY frame end together', () => {
    const [client, server] = [createSpdyPeer(), createSpdyPeer()];
    const observer = createStreamObserver({
      kind: 'portforward',
      protocol: 'websocket',
      subprotocol: 'SPDY/3.1+portforward.k8s.io',
    });
    const masked = (payload: Buffer): Buffer =>
      encodeFrame({ opcode: opcodes.binary, payload, mask: Buffer.from([1, 1, 2, 2]) });
    const message = (payload: Buffer): Buffer => encodeFrame({ opcode: opcodes.binary, payload });
    observer.fromClient(masked(client.synStream(1, { streamtype: 'error', port: '80', requestid: '0' })));
    const reply = server.synReply(1);
    observer.fromServer(message(reply.subarray(0, 10)));
    const rest = Buffer.concat([message(reply.subarray(10, 11)), message(reply.subarray(11))]);
    const { passed, ending } = passUntilReady(observer, rest);
    expect(passed).toHaveLength(rest.length);
    observer.fromServer(bytesOf(ending));
    expect(observer.summary()).toMatchObject({ errorText: status.message, closed: { by: 'server' } });
  });
});
