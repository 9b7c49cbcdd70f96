import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { encodeFrame, opcodes } from '@sallyport/kubernetes';
import { createSpdyPeer, fromClient, fromServer } from '@sallyport/kubernetes/testing';
import { RecordingUnavailable } from '@sallyport/recordings';
import { allow } from '../testing/gateway-rig.ts';
import { execPath, receivedIn, spdy, startRecordedRig, webSocket, type RecordedRig } from '../testing/recorded-exec.ts';

let recorded: RecordedRig;
const start = async (options?: Parameters<typeof startRecordedRig>[0]) => {
  recorded = await startRecordedRig(options);
  return recorded;
};
afterEach(() => recorded.rig.close());

describe('a session that must be recorded and cannot be any more', () => {
  const reasons = () => recorded.events('stream.cut').map(({ data }) => data.sallyport.stream?.reason);

  it('is ended with the reason if the disk fails, and its client has only what is in the file', async () => {
    const { open, recorder } = await start();
    const { client, server } = await open();
    server.socket.write(fromServer(1, 'seen'));
    await until(() => receivedIn(client.body())[1] === 'seen');
    recorder.isStalled = true;
    const half = fromServer(1, 'unseen');
    server.socket.write(Buffer.concat([fromServer(1, 'unseen'), half.subarray(0, 4)]));
    await until(() => recorder.mostWaiting >= 6);
    recorder.recordings[0]!.hooks.failed(new Error('EIO'));
    server.socket.write(half.subarray(4));
    await until(() => client.closed() && server.closed());
    expect(receivedIn(client.body())[1]).toBe('seen');
    expect(JSON.parse(receivedIn(client.body())[3]!)).toMatchObject({
      code: 503,
      message: expect.stringContaining('the disk of the gateway failed'),
    });
    expect(reasons()).toEqual(['recording-lost']);
  });

  it('sends nothing more upstream', async () => {
    const { open, recorder } = await start();
    const { client, server } = await open();
    recorder.recordings[0]!.hooks.failed(new Error('EIO'));
    client.socket.write(fromClient(0, 'rm -rf /'));
    await until(() => server.closed());
    expect(server.received()).toEqual(Buffer.alloc(0));
  });

  it.each([
    ['compressed', Buffer.concat([Buffer.from([0xc2, 5, 1]), Buffer.from('abcd')])],
    ['masked', fromClient(1, 'abcd')],
    ['on an unknown channel', fromServer(9, 'abcd')],
    ['on a channel of the client', fromServer(0, 'abcd')],
  ])('is ended before a frame of the cluster is passed on that is %s', async (_name, frame) => {
    const { open } = await start();
    const { client, server } = await open();
    server.socket.write(fromServer(1, 'seen'));
    await until(() => receivedIn(client.body())[1] === 'seen');
    const before = client.body().length;
    server.socket.write(frame);
    await until(() => client.closed() && server.closed());
    expect([client.body().length, reasons()]).toEqual([before, ['recording-lost']]);
  });

  it('is ended before the client gets anything that the cluster sends with its 101 and that cannot be read', async () => {
    const head =
      'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n';
    const { open, recorder } = await start({ answer: () => head + fromServer(0, 'hidden').toString('latin1') });
    const { client, server } = await open();
    await until(() => client.closed() && server.closed());
    expect(client.body().toString('latin1')).not.toContain('hidden');
    expect(client.body().toString('latin1')).not.toContain('HTTP/1.1');
    await until(() => recorder.recordings[0]!.finished !== undefined);
    expect([reasons(), recorded.events('stream.closed')]).toMatchObject([['recording-lost'], [{}]]);
    expect(recorded.rig.streams.registry.size).toBe(0);
  });

  it('passes on nothing that cannot be read while it is ended for another reason', async () => {
    const { rig, open } = await start();
    const { client, server } = await open();
    const frame = fromServer(0, 'hidden '.repeat(9));
    server.socket.write(fromServer(1, 'seen'));
    server.socket.write(frame.subarray(0, 2));
    await until(() => receivedIn(client.body())[1] === 'seen');
    const [stream] = rig.streams.registry.all();
    rig.streams.registry.cut(stream!, { reason: 'not-allowed', code: 'forbidden', detail: 'No more.' });
    server.socket.write(frame.subarray(2));
    await until(() => client.closed());
    expect(client.body().toString('latin1')).not.toContain('hidden');
  });

  it.each([
    [
      'a fragment',
      encodeFrame({ opcode: opcodes.binary, payload: Buffer.from([0, 65]), fin: false, mask: Buffer.alloc(4) }),
    ],
    ['a frame without a mask', fromServer(0, 'abcd')],
    ['a hostile size', fromClient(4, '{"Width":1e9}')],
  ])('is ended before %s of the client is passed on, and says why', async (_name, frame) => {
    const { open } = await start();
    const { client, server } = await open();
    client.socket.write(frame);
    await until(() => client.closed() && server.closed());
    expect(server.received()).toEqual(Buffer.alloc(0));
    expect(JSON.parse(receivedIn(client.body())[3]!)).toMatchObject({ code: 503 });
    expect(reasons()).toEqual(['recording-lost']);
  });

  it('is ended if its client opens a second stream for stdout, or the cluster uses one that no one opened', async () => {
    const { open } = await start();
    const one = createSpdyPeer();
    const first = await open(execPath, spdy('v4.channel.k8s.io'));
    first.client.socket.write(one.synStream(1, { streamtype: 'stdout' }));
    await until(() => first.server.received().length > 0);
    const before = first.server.received().length;
    first.client.socket.write(one.synStream(3, { streamtype: 'stdout' }));
    await until(() => first.client.closed() && first.server.closed());
    expect(first.server.received()).toHaveLength(before);
    const second = await open(execPath, spdy('v4.channel.k8s.io'));
    second.server.socket.write(createSpdyPeer().data(9, 'hidden'));
    await until(() => second.client.closed());
    expect(second.client.body().toString('latin1')).not.toContain('hidden');
    expect(reasons()).toEqual(['recording-lost', 'recording-lost']);
  });

  it('is not taken for one that is not recorded while its recording begins', async () => {
    const { rig, ask, recorder, cluster } = await start();
    const { promise, resolve } = Promise.withResolvers<void>();
    const begin = recorder.begin.bind(recorder);
    recorder.begin = async (...args) => {
      rig.streams.onChange({ type: 'policy-changed', policyVersion: 'v' } as never);
      await promise;
      return begin(...args);
    };
    const client = ask(execPath, webSocket());
    await until(() => rig.checks.length === 2);
    resolve();
    await until(() => cluster.length === 1 && client.head() !== '');
    expect(client.head()).toMatch(/^HTTP\/1.1 101 /);
  });

  it('is ended by the recheck if it began when that was not required', async () => {
    const { rig, open } = await start({ demand: 'optional' });
    const kept = await open();
    const lost = await open();
    recorded.recorder.recordings[1]!.hooks.failed(new Error('EIO'));
    rig.answer = () => ({ ...allow(), recording: 'required' });
    rig.streams.onChange({ type: 'policy-changed', policyVersion: 'v' } as never);
    await until(() => lost.client.closed());
    expect(kept.client.closed()).toBe(false);
    expect(reasons()).toEqual(['not-allowed']);
    recorded.recorder.recordings[0]!.hooks.failed(new Error('EIO'));
    await until(() => kept.client.closed());
  });
});

describe('a session that may go on without a recording', () => {
  const gaps = () => recorded.events('recording.gap').map(({ data }) => data.sallyport.recording!);

  it('goes on when the disk fails, and its events say from when to when it was not recorded', async () => {
    const { open, recorder } = await start({ demand: 'optional' });
    const { client, server } = await open();
    recorder.isStalled = true;
    server.socket.write(fromServer(1, 'one'));
    await until(() => recorder.mostWaiting >= 3);
    recorder.recordings[0]!.hooks.failed(new Error('EIO'));
    server.socket.write(fromServer(1, 'two'));
    await until(() => receivedIn(client.body())[1] === 'onetwo');
    expect(gaps()).toMatchObject([{ from: expect.any(String), reason: 'the disk of the gateway failed' }]);
    client.socket.end();
    server.socket.end();
    await until(() => gaps().length === 2);
    expect(gaps()[1]).toMatchObject({ ...gaps()[0], until: expect.any(String) });
  });

  it.each([
    ['a protocol that is not read', () => {}, webSocket('base64.channel.k8s.io')],
    [
      'no room on the disk',
      () => (recorded.recorder.refusal = new RecordingUnavailable('the disk is full')),
      webSocket(),
    ],
  ])('opens with %s, and says that it is not recorded', async (_name, prepare, lines) => {
    const { open } = await start({ demand: 'optional' });
    prepare();
    const { client, server } = await open(execPath, lines);
    server.socket.write('as it is');
    await until(() => client.body().toString() === 'as it is');
    expect(gaps()).toHaveLength(1);
    expect(recorded.rig.streams.registry.size).toBe(1);
  });
});
