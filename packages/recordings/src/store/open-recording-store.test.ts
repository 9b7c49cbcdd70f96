import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openRecordingStore } from './open-recording-store.ts';
import { StoreConflict, type RecordingStore } from './recording-store.ts';

let parent: string;
let store: RecordingStore;
beforeEach(async () => {
  parent = mkdtempSync(join(tmpdir(), 'store-'));
  store = await openRecordingStore({ dir: 'kept' }, (path) => join(parent, path));
});
afterEach(() => rmSync(parent, { recursive: true }));

const id: string = randomUUID();
/** Stores a file that is in this directory. */
function put(content: string, file = '000001.age', recording = id, from = parent): Promise<void> {
  const path = join(from, randomUUID());
  writeFileSync(path, content, { mode: 0o600 });
  const sha256 = createHash('sha256').update(content).digest('hex');
  return store.put(recording, file, { path, sha256, read: () => readFile(path) });
}

describe('a directory as a store', () => {
  it('takes a file once, also if it comes again, and gives it back', async () => {
    await store.check();
    await put('sealed');
    await put('sealed');
    expect(await text((await store.get(id, '000001.age'))!)).toBe('sealed');
    expect(await store.get(id, '000002.age')).toBeUndefined();
    const path = join(parent, 'kept', id);
    expect(readdirSync(path)).toEqual(['000001.age']);
    expect(statSync(join(path, '000001.age')).mode & 0o777).toBe(0o600);
  });

  it('does not let a file be replaced', async () => {
    await put('sealed');
    await expect(put('other')).rejects.toThrow(StoreConflict);
    expect(await text((await store.get(id, '000001.age'))!)).toBe('sealed');
    expect(readdirSync(join(parent, 'kept', id))).toEqual(['000001.age']);
  });

  it('takes a file of another file system', async () => {
    const from = mkdtempSync('/dev/shm/store-');
    try {
      expect(statSync(from).dev).not.toBe(statSync(parent).dev);
      await put('sealed', '000001.age', id, from);
      await expect(put('other', '000001.age', id, from)).rejects.toThrow(StoreConflict);
    } finally {
      rmSync(from, { recursive: true });
    }
    expect(await text((await store.get(id, '000001.age'))!)).toBe('sealed');
    expect(readdirSync(join(parent, 'kept', id))).toEqual(['000001.age']);
  });

  it('takes one of two that come at once, as a whole', async () => {
    const contents = ['a'.repeat(1_000_000), 'b'.repeat(1_000_000)];
    const results = await Promise.allSettled(contents.map((content) => put(content)));
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const winner = contents[results.findIndex(({ status }) => status === 'fulfilled')]!;
    expect(await text((await store.get(id, '000001.age'))!)).toBe(winner);
  });

  it('leads nowhere by a name that is none', async () => {
    writeFileSync(join(parent, '000001.age'), 'outside');
    for (const [recording, file] of [
      ['..', '000001.age'],
      [id, '../../000001.age'],
      [`../${id}`, '000001.age'],
      [`${id}/..`, '000001.age'],
      [id.toUpperCase(), '000001.age'],
      [id, '000000.age'],
      [id, '1.age'],
      [id, '000001.age\n'],
      [id, '000001.age.new'],
      [id, ''],
    ] as const) {
      expect(await store.get(recording, file)).toBeUndefined();
      await expect(put('x', file, recording)).rejects.toThrow('not the name of a file of a recording');
    }
    expect(existsSync(join(parent, 'kept'))).toBe(false);
  });

  it('fails the check if it cannot be made', async () => {
    writeFileSync(join(parent, 'kept'), 'a file');
    await expect(store.check()).rejects.toThrow('EEXIST');
  });
});
