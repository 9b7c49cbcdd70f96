import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { encodeFrame, opcodes } from '@sallyport/kubernetes';
import { createSpdyPeer, frameTypes, fromClient, fromServer, quads } from '@sallyport/kubernetes/testing';
import {
  execPath,
  nodePath,
  receivedIn,
  spdy,
  startRecordedRig,
  webSocket,
  type RecordedRig,
} from '../testing/recorded-exec.ts';

let recorded: RecordedRig;
const start = async (options?: Parameters<typeof startRecordedRig>[0]) => {
  recorded = await startRecordedRig(options);
  return recorded;
};
afterEach(() => recorded.rig.close());

const notice = (end = '\n') =>
  `This session is recorded (recording ${recorded.recorder.recordings[0]!.head.id.slice(0, 8)}).${end}`;
/** The text of a stream in the file of the first recording. */
const fileOf = (stream: string) =>
  recorded.recorder.recordings[0]!.file.flatMap(([name, text]) => (name === stream ? [text] : [])).join('');

describe('a recorded exec', () => {
  it('gives the client what is in the file, byte for byte, and says at its beginning that it is recorded', async () => {
    const { rig, recorder, open, events } = await start();
    const { client, server } = await open();
    expect(recorder.recordings[0]!.head).toMatchObject({
      kind: 'exec',
      cluster: 'dev',
      namespace: 'dev',
      name: 'web',
      command: ['sh'],
      tty: false,
      user: 'alice@example.com',
      demand: 'required',
      input: false,
    });
    const noise = randomBytes(200_000);
    client.socket.write(Buffer.concat([fromClient(0, 'secret'), fromClient(4, '{"Width":80,"Hei')]));
    client.socket.write(fromClient(4, 'ght":24}'));
    await until(() => recorder.recordings[0]!.file.some(([name]) => name === 'resize'));
    server.socket.write(fromServer(1, noise));
    server.socket.write(Buffer.concat([fromServer(2, 'half \xc3'), fromServer(3, '{"status":"Success"}')]));
    server.socket.end();
    await until(() => client.closed());
    client.socket.end();
    await until(() => recorder.recordings[0]!.finished !== undefined);
    const got = receivedIn(client.body());
    expect(got[1]).toBe(noise.toString('latin1'));
    expect(got[2]).toBe(`${notice()}${Buffer.from('half \xc3').toString('latin1')}`);
    expect([fileOf('stdout'), fileOf('stderr'), fileOf('error')]).toEqual([got[1], got[2], got[3]]);
    expect(recorder.recordings[0]!.file).toContainEqual(['resize', 80, 24]);
    expect(JSON.stringify(recorder.recordings[0]!.file)).not.toContain('secret');
    expect(recorder.recordings[0]!.finished).toEqual({ exitCode: 0 });
    const { id } = recorder.recordings[0]!.head;
    const [started] = events('recording.started');
    expect(started!.data.sallyport).toMatchObject({ recording: { id, demand: 'required', recipients: [] } });
    expect(rig.events.findIndex(({ type }) => type === 'recording.started')).toBeLessThan(
      rig.events.findIndex(({ type }) => type === 'stream.opened'),
    );
    expect(events('stream.closed')[0]!.data.sallyport.recording).toEqual({ id });
    expect(JSON.stringify(recorder.recordings[0]!.note)).not.toContain('command');
  });

  it('says so on stdout with a terminal', async () => {
    const { open } = await start();
    const { client, server } = await open(`${execPath}&tty=1`);
    server.socket.end(fromServer(1, '$ '));
    await until(() => client.closed());
    expect(receivedIn(client.body())).toEqual({ 1: `${notice('\r\n')}$ ` });
    expect(fileOf('stdout')).toBe(`${notice('\r\n')}$ `);
  });

  it.each([1, 7, 1 << 20])('is recorded over SPDY in pieces of %i bytes, with unusual ids and order', async (size) => {
    const { open } = await start();
    const { client, server } = await open(execPath, spdy('v4.channel.k8s.io'));
    const [one, other] = [createSpdyPeer(), createSpdyPeer()];
    const types = ['stderr', 'resize', 'error', 'stdout'];
    client.socket.write(
      Buffer.concat(types.map((streamtype, index) => one.synStream(201 + 2 * index, { streamtype }))),
    );
    await until(() => server.received().length > 0);
    const bytes = Buffer.concat([
      ...types.map((_type, index) => other.synReply(201 + 2 * index)),
      other.control(frameTypes.ping, quads(2)),
      other.data(207, 'output'),
      other.data(201, 'oops'),
      other.data(205, '{"status":"Success"}', true),
    ]);
    for (let at = 0; at < bytes.length; at += size) server.socket.write(bytes.subarray(at, at + size));
    const line = one.data(201, notice());
    await until(() => client.body().length === bytes.length + line.length);
    const reply = createSpdyPeer().synReply(201).length;
    expect(client.body()).toEqual(Buffer.concat([bytes.subarray(0, reply), line, bytes.subarray(reply)]));
    expect([fileOf('stdout'), fileOf('stderr')]).toEqual(['output', `${notice()}oops`]);
  });

  it('is read in what the cluster sends together with its 101, and behind a ping', async () => {
    const first = Buffer.concat([
      encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('x') }),
      fromServer(1, 'early'),
    ]);
    const head =
      'HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: v5.channel.k8s.io\r\n\r\n';
    const { open } = await start({ answer: () => head + first.toString('latin1') });
    const { client } = await open();
    await until(() => receivedIn(client.body())[1] === 'early');
    expect(fileOf('stdout')).toBe('early');
  });

  it('is read in fragments with control frames between, and in frames of one byte', async () => {
    const { open } = await start();
    const { client, server } = await open();
    server.socket.write(
      Buffer.concat([
        encodeFrame({ opcode: opcodes.binary, payload: Buffer.from([1, 65]), fin: false }),
        encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('x') }),
        encodeFrame({ opcode: opcodes.continuation, payload: Buffer.from('B') }),
        ...Array.from({ length: 500 }, () => fromServer(1, 'c')),
      ]),
    );
    server.socket.end();
    await until(() => client.closed());
    expect(receivedIn(client.body())[1]).toBe(`AB${'c'.repeat(500)}`);
    expect(fileOf('stdout')).toBe(`AB${'c'.repeat(500)}`);
  });

  it('shows nothing before it is written, and then everything in order', async () => {
    const { open, recorder } = await start();
    const { client, server } = await open();
    await until(() => receivedIn(client.body())[2] === notice());
    recorder.isStalled = true;
    server.socket.write(fromServer(1, 'one'));
    server.socket.write(fromServer(1, 'two'));
    await until(() => recorder.mostWaiting >= 6);
    expect(receivedIn(client.body())[1]).toBeUndefined();
    recorder.isStalled = false;
    recorder.write();
    await until(() => receivedIn(client.body())[1] === 'onetwo');
  });

  it('of a kubelet is recorded through its node', async () => {
    const { open, recorder } = await start();
    const { client, server } = await open(
      `${nodePath}/exec/dev/web/c?command=id&output=1&tty=1`,
      webSocket('v4.channel.k8s.io'),
    );
    server.socket.write(fromServer(1, 'uid=0'));
    await until(() => receivedIn(client.body())[1]?.endsWith('uid=0') === true);
    expect(recorder.recordings[0]!.head).toMatchObject({
      kind: 'exec',
      name: 'n1',
      container: 'c',
      command: ['id'],
      tty: true,
    });
  });

  it('that the cluster refuses is finished, because it was not opened', async () => {
    const { ask, recorder } = await start({ answer: () => 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n' });
    const client = ask(execPath, webSocket());
    await until(() => recorder.recordings[0]?.finished !== undefined);
    expect(client.head()).toMatch(/^HTTP\/1.1 404 /);
    expect(recorder.recordings[0]!.finished).toEqual({ reason: 'not opened' });
  });

  it('is finished when its client goes without a word', async () => {
    const { open, recorder } = await start();
    const { client } = await open();
    client.socket.resetAndDestroy();
    await until(() => recorder.recordings[0]!.finished !== undefined);
  });
});

describe('the memory of a recorded session', () => {
  it('is bounded while the cluster sends as fast as it can', async () => {
    const { open, recorder } = await start({ keeps: false });
    const { client, server } = await open();
    client.socket.removeAllListeners('data');
    let got = 0;
    client.socket.on('data', (chunk: Buffer) => {
      got += chunk.length;
    });
    const frame = fromServer(1, Buffer.alloc(65_536, 0x61));
    const count = 4096;
    for (let sent = 0; sent < count; sent += 1)
      if (!server.socket.write(frame)) await new Promise((resolve) => server.socket.once('drain', resolve));
    await until(() => got === count * frame.length);
    expect(recorder.mostWaiting).toBeLessThan(4 * 1024 * 1024);
  });

  it.each(['does not read', 'has a disk that stalls'])('is bounded while it %s', async (which) => {
    const { open, recorder } = await start({ keeps: false });
    const { client, server } = await open();
    await until(() => client.body().length > 0);
    if (which === 'does not read') client.socket.pause();
    else recorder.isStalled = true;
    const frame = fromServer(1, Buffer.alloc(65_536, 0x61));
    let sent = 0;
    const send = () => {
      while (server.socket.write(frame)) sent += 1;
    };
    server.socket.on('drain', send);
    send();
    let before = -1;
    // Until no more is taken.
    await until(async () => {
      const isSame = before === sent;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 500));
      return isSame;
    });
    expect(sent * frame.length).toBeLessThan(64 * 1024 * 1024);
    expect(recorder.mostWaiting).toBeLessThan(4 * 1024 * 1024);
    recorder.isStalled = false;
    recorder.write();
    client.socket.resume();
    const stopped = sent;
    await until(() => sent > stopped + 100);
  });
});
