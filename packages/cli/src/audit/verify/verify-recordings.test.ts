import { renameSync, rmSync, truncateSync, writeFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { sampleAuditRecord, toLine } from '@sallyport/audit-log';
import { createSealer } from '@sallyport/audit-proof';
import type { AuditRecord } from '@sallyport/contracts';
import { openRecordingStore } from '@sallyport/recordings/store';
import { sampleRecording, type SampleRecording } from '@sallyport/recordings/testing';
import { createRig, type Rig } from '../../testing/rig.ts';

const begin = Date.UTC(2026, 10, 25, 10);
const hour = 3_600_000;

let samples: SampleRecording[];
beforeAll(async () => {
  samples = [await sampleRecording(), await sampleRecording()];
});

let rig: Rig;
const inStore = ({ id }: SampleRecording) => path.join(rig.directory, 'recordings', id, '000001.age');

/** Writes a trail with two recordings, which ends a day after them, and their files. */
async function write(): Promise<void> {
  const records: AuditRecord[] = [];
  const add = (type: string, time: number, recording?: object) => {
    const record = sampleAuditRecord({ time });
    Object.assign(record, { type });
    record.data.sallyport = { ...record.data.sallyport, ...(recording && { recording }) } as never;
    records.push(record);
  };
  const store = await openRecordingStore({ dir: path.join(rig.directory, 'recordings') });
  for (const { id, parts, finished, files } of samples) {
    add('recording.started', begin, { id, demand: 'required' });
    for (const part of parts) add('recording.part', begin + 1000, { id, ...part });
    add('recording.finished', begin + 2000, { id, ...finished });
    for (const part of parts)
      for (const { name, sha256 } of part.files) {
        const source = path.join(rig.directory, `${id}.${name}`);
        writeFileSync(source, files.get(name)!);
        await store.put(id, name, { path: source, sha256, read: async () => files.get(name)! });
      }
  }
  add('k8s.request', begin + 24 * hour);
  const sealer = createSealer({ producer: 'sallyport/1' });
  for (const record of records) sealer.seal(record);
  writeFileSync(path.join(rig.directory, 'trail.ndjson'), records.map(toLine).join(''));
}

beforeEach(async () => {
  rig = createRig();
  await write();
});
afterEach(() => rig.remove());

const verify = (...args: string[]) => rig.run('audit', 'verify', 'trail.ndjson', '--recordings', ...args);

describe('sallyport audit verify --recordings', () => {
  it('finds no fault in what was stored', async () => {
    const { code, out, err } = await verify('recordings');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('No fault was found.\n');
    expect(out).toMatch(/Recordings: 2, in 2 files \([\d.]+ \w+\)\.\n\nNo fault was found in recordings\.\n$/);
  });

  it.each<[string, (one: string, other: string) => void]>([
    ['removed', (one) => rmSync(one)],
    ['truncated', (one) => truncateSync(one, 100)],
    ['altered', (one) => writeFileSync(one, readFileSync(one).fill(0, 300))],
    ['replayed', (one, other) => renameSync(other, one)],
  ])('names a file that was %s', async (kind, spoil) => {
    spoil(inStore(samples[0]!), inStore(samples[1]!));
    const { code, out, err } = await verify('recordings');
    expect(code).toBe(1);
    expect(out).toContain(`fault: ${kind} recording=${samples[0]!.id} part=1 file=000001.age\n`);
    expect(err).toMatch(/the trail has (a fault|2 faults)/);
    const { recordings } = JSON.parse((await verify('recordings', '-o', 'json')).out) as {
      recordings: { faults: object[] };
    };
    expect(recordings.faults).toContainEqual(expect.objectContaining({ kind, recording: samples[0]!.id }));
  });

  it('takes the store of the configuration', async () => {
    const store = '\nrecordings: {store: {dir: recordings}}\n';
    writeFileSync(path.join(rig.directory, 'sallyport.yaml'), `gateway: {url: "http://127.0.0.1:1"}${store}`);
    expect((await verify()).code).toBe(0);
    writeFileSync(path.join(rig.directory, 'sallyport.yaml'), 'gateway: {url: "http://127.0.0.1:1"}\n');
    expect(await verify()).toMatchObject({ code: 2, err: expect.stringContaining('has no recordings.store') });
  });

  it('does not take a directory that is not there for an empty store', async () => {
    expect(await verify('elsewhere')).toMatchObject({ code: 7, out: '' });
  });
});
