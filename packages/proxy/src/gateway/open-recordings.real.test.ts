import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema, type AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createSpdyPeer, fromServer } from '@sallyport/kubernetes/testing';
import { digestOfRecording, readRecording, type Frame } from '@sallyport/recordings/read';
import { createTestIdentity } from '@sallyport/recordings/testing';
import { execPath, receivedIn, spdy, startRecordedRig, type RecordedRig } from '../testing/recorded-exec.ts';
import { openRecordings, type OpenRecordings } from './open-recordings.ts';

let dir: string;
let keys: { identity: string; recipient: string };
let events: AuditRecord[];
let recordings: OpenRecordings;
let recorded: RecordedRig;

async function open(): Promise<OpenRecordings> {
  const config = configSchema.parse({
    gateway: { url: 'http://127.0.0.1' },
    data: dir,
    clusters: [],
    recordings: { default: 'required', recipients: [keys.recipient], store: { dir: path.join(dir, 'store') } },
  });
  const keep = async (record: AuditRecord) => void events.push(record);
  return (await openRecordings({
    loaded: { config, resolvePath: (file: string) => file },
    sink: { publish: keep, keep, enqueue: keep },
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    now: Date.now,
  } as unknown as Parameters<typeof openRecordings>[0]))!;
}

beforeEach(async () => {
  dir = mkdtempSync(path.join(tmpdir(), 'recordings-'));
  keys = await createTestIdentity();
  events = [];
  recordings = await open();
  recorded = await startRecordedRig({ real: recordings.recorder });
});
afterEach(async () => {
  await recorded.rig.close();
  await recordings.close();
  rmSync(dir, { recursive: true });
});

const partsOf = (id: string) =>
  events
    .filter(({ type, data }) => type === 'recording.part' && data.sallyport.recording?.id === id)
    .map(({ data }) => ({ part: data.sallyport.recording!.part!, files: data.sallyport.recording!.files! }));
const finishedEvent = () => events.find(({ type }) => type === 'recording.finished');

/** Waits until the only recording is in the store, and returns what it has of each stream. */
async function stored(): Promise<{ id: string; texts: Record<string, string>; frames: Frame[] }> {
  await until(() => finishedEvent() !== undefined && recordings.recorder.status().diskBytes === 0);
  const { id } = finishedEvent()!.data.sallyport.recording!;
  const frames: Frame[] = [];
  const read = readRecording({
    recording: id,
    parts: partsOf(id),
    fetch: async (name) => readFileSync(path.join(dir, 'store', id, name)),
    identities: [keys.identity],
  });
  for await (const frame of read) frames.push(frame);
  const texts: Record<string, string> = {};
  for (const frame of frames)
    if (frame.type === 'data')
      texts[frame.stream] = (texts[frame.stream] ?? '') + Buffer.from(frame.bytes).toString('latin1');
  return { id, texts, frames };
}

describe('a session on a gateway with a disk and a store', () => {
  it('replays as its client got it over a WebSocket, and its events fit what is stored', async () => {
    const { client, server } = await recorded.open();
    const pieces = Array.from({ length: 100 }, (_one, index) => randomBytes(1 + 1009 * index));
    for (const piece of pieces) server.socket.write(fromServer(1, piece));
    server.socket.end(fromServer(3, '{"status":"Success"}'));
    await until(() => client.closed());
    client.socket.end();
    const { id, texts, frames } = await stored();
    const { 1: stdout, 2: stderr, 3: error } = receivedIn(client.body());
    expect(stdout).toBe(Buffer.concat(pieces).toString('latin1'));
    expect(texts).toEqual({ stdout, stderr, error });
    expect(frames.at(-1)).toMatchObject({ type: 'end', totals: { exitCode: 0 } });
    const files = partsOf(id).flatMap((part) => part.files);
    for (const { name, bytes, sha256 } of files) {
      const content = readFileSync(path.join(dir, 'store', id, name));
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    expect(finishedEvent()!.data.sallyport.recording).toEqual({
      id,
      outcome: 'complete',
      parts: partsOf(id).length,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      sha256: await digestOfRecording(files.map(({ sha256 }) => sha256)),
    });
    expect(finishedEvent()!.data).toMatchObject({
      auditID: recorded.events('recording.started')[0]!.data.auditID,
      objectRef: { namespace: 'dev', name: 'web', subresource: 'exec' },
      sallyport: { stream: { kind: 'exec' }, cluster: { name: 'dev' }, sessionId: 'ses_1' },
    });
    expect(readdirSync(path.join(dir, 'unstored-recordings')).filter((name) => name.startsWith(id))).toEqual([]);
  });

  it('replays as its client got it over SPDY', async () => {
    const { client, server } = await recorded.open(`${execPath}&tty=true`, spdy('v4.channel.k8s.io'));
    const [one, other] = [createSpdyPeer(), createSpdyPeer()];
    client.socket.write(
      Buffer.concat([one.synStream(1, { streamtype: 'error' }), one.synStream(3, { streamtype: 'stdout' })]),
    );
    await until(() => server.received().length > 0);
    server.socket.write(Buffer.concat([other.synReply(1), other.synReply(3), other.data(3, 'half \u00e2')]));
    server.socket.end(other.data(3, ' and more', true));
    await until(() => client.closed());
    client.socket.end();
    const { texts } = await stored();
    expect(texts['stdout']).toMatch(/^This session is recorded \(recording [0-9a-f]{8}\)\.\r\nhalf .* and more$/);
    expect(client.body().includes(Buffer.from(texts['stdout']!.split('\r\n', 1)[0]!))).toBe(true);
  });

  it('whose gateway stops is finished and stored', async () => {
    const { client, server } = await recorded.open();
    server.socket.write(fromServer(1, 'last words'));
    await until(() => client.body().includes('last words'));
    await recorded.rig.streams.drain(0);
    const { texts, frames } = await stored();
    expect(texts['stdout']).toBe('last words');
    expect(frames.at(-1)).toMatchObject({ type: 'end', totals: { reason: 'draining' } });
  });
});
