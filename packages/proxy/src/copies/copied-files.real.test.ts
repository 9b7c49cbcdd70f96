import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, linkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createSpdyPeer, fromClient, fromServer } from '@sallyport/kubernetes/testing';
import { allow } from '../testing/gateway-rig.ts';
import { podPath, receivedIn, spdy, startRecordedRig, webSocket, type RecordedRig } from '../testing/recorded-exec.ts';
import { readCopy } from './read-copy.ts';

const contents: Record<string, Buffer> = {
  empty: Buffer.alloc(0),
  block: randomBytes(512),
  large: randomBytes(300_000),
  'na me é': Buffer.from('x'),
  [`${'long/'.repeat(30)}file`]: Buffer.from('of ustar'),
  [`${'very-long/'.repeat(40)}file`]: Buffer.from('of no ustar'),
};
const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const byPath = (one: { path: string }, other: { path: string }) => (one.path < other.path ? -1 : 1);
const expected = Object.entries(contents)
  .map(([path, content]) => ({ path: `top/${path}`, bytes: content.length, sha256: digest(content) }))
  .sort(byPath);

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-copy-'));
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(dir, 'top', path)), { recursive: true });
    writeFileSync(join(dir, 'top', path), content);
  }
  symlinkSync('block', join(dir, 'top/link'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const archive = (program: string, ...args: string[]) =>
  execFileSync(program, [...args, '-cf', '-', 'top'], { cwd: dir, maxBuffer: 1 << 24 });

const about = (command: string[], stdin: boolean) => ({ exec: { container: '', command, stdin, tty: false } });

describe('an archive of', () => {
  it.each([
    ['GNU tar', 'tar'],
    ['GNU tar in the format of POSIX', 'tar', '--format=posix'],
    ['busybox', 'busybox', 'tar'],
  ])('%s is read, split anywhere', (_what, program, ...args) => {
    const bytes = archive(program, ...args);
    for (const size of [1, 513, 4096, bytes.length]) {
      const copy = readCopy(about(['tar', 'cf', '-', 'top'], false))!;
      for (let at = 0; at < bytes.length; at += size) copy.sink.data('stdout', bytes.subarray(at, at + size));
      const { files, ...rest } = copy.copied(undefined);
      expect(files.sort(byPath)).toEqual(expected);
      expect(rest).toMatchObject({ fileCount: expected.length, bytes: 300_532, unread: undefined });
    }
  });

  it('GNU tar with a hard link has its content once', () => {
    linkSync(join(dir, 'top/block'), join(dir, 'top/second'));
    const copy = readCopy(about(['tar', 'cf', '-', 'top'], false))!;
    copy.sink.data('stdout', archive('tar'));
    rmSync(join(dir, 'top/second'));
    expect(copy.copied(undefined)).toMatchObject({ fileCount: expected.length, unread: undefined });
  });
});

describe('the event of the end of an exec', () => {
  let recorded: RecordedRig;
  afterEach(() => recorded.rig.close());
  const start = async (isRecorded: boolean) => {
    recorded = await startRecordedRig();
    if (!isRecorded) recorded.rig.answer = () => allow();
    return recorded;
  };
  const target = (command: readonly string[], more: string) =>
    `${podPath}/exec?${command.map((word) => `command=${encodeURIComponent(word)}`).join('&')}&stderr=true&${more}`;
  const download = target(['tar', 'cf', '-', '/srv/top'], 'stdout=true');
  const upload = target(['tar', '-xmf', '-', '-C', '/srv'], 'stdin=true&stdout=true');
  const copied = async () => {
    await until(() => recorded.events('stream.closed').length > 0);
    const { copy } = recorded.events('stream.closed')[0]!.data.sallyport;
    return { ...copy, files: copy?.files?.toSorted(byPath) };
  };
  const whole = {
    files: expected,
    fileCount: expected.length,
    bytes: 300_532,
    sha256: expect.stringMatching(/^\w{64}$/),
  };

  it.each([true, false])('has what was downloaded over a WebSocket (recorded: %s)', async (isRecorded) => {
    const { open } = await start(isRecorded);
    const { client, server } = await open(download);
    const bytes = archive('tar');
    server.socket.end(Buffer.concat([fromServer(1, bytes), fromServer(3, '{"status":"Success"}')]));
    await until(() => client.closed());
    client.socket.end();
    expect(await copied()).toEqual({ path: '/srv/top', direction: 'download', ...whole });
    expect(receivedIn(client.body())[1]).toBe(bytes.toString('latin1'));
  });

  it.each([true, false])('has what was uploaded, which is in no recording (recorded: %s)', async (isRecorded) => {
    const { open, recorder } = await start(isRecorded);
    const { client, server } = await open(upload);
    const bytes = fromClient(0, archive('busybox', 'tar'));
    client.socket.write(bytes);
    await until(() => server.received().length === bytes.length);
    expect(server.received()).toEqual(bytes);
    server.socket.end(fromServer(3, '{"status":"Success"}'));
    await until(() => client.closed());
    client.socket.end();
    expect(await copied()).toEqual({ path: '/srv', direction: 'upload', ...whole });
    expect(recorder.recordings.flatMap(({ file }) => file.map(([name]) => name))).not.toContain('stdin');
  });

  it('has what was uploaded over SPDY', async () => {
    const { open } = await start(false);
    const { client, server } = await open(upload, spdy('v4.channel.k8s.io'));
    const [one, other] = [createSpdyPeer(), createSpdyPeer()];
    const types = ['error', 'stdin', 'stdout', 'stderr'];
    client.socket.write(Buffer.concat(types.map((streamtype, index) => one.synStream(1 + 2 * index, { streamtype }))));
    server.socket.write(Buffer.concat(types.map((_type, index) => other.synReply(1 + 2 * index))));
    client.socket.write(one.data(3, archive('tar')));
    await until(() => server.received().length > 300_000);
    server.socket.end(other.data(1, '{"status":"Success"}', true));
    await until(() => client.closed());
    client.socket.end();
    expect(await copied()).toEqual({ path: '/srv', direction: 'upload', ...whole });
  });

  it('has no copy for another command', async () => {
    const { open } = await start(false);
    const { client, server } = await open(undefined, webSocket());
    server.socket.end(fromServer(1, archive('tar')));
    await until(() => client.closed());
    client.socket.end();
    await until(() => recorded.events('stream.closed').length > 0);
    expect(recorded.events('stream.closed')[0]!.data.sallyport.copy).toBeUndefined();
  });
});
