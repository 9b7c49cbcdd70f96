import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFrameHeader } from '../format/frame.ts';
import { chunkBytes } from '../format/part-layout.ts';
import { digestOf } from '../read/digest-of.ts';
import { openPart } from '../read/open-part.ts';
import { createTestIdentity } from '../testing/create-recorder-bed.ts';
import { sampleRecording } from '../testing/sample-recording.ts';
import { beginAgeFile } from './age-header.ts';
import { createAgePayload } from './age-payload.ts';
import { sealTagBytes } from './seal-chunk.ts';
import { parseRecipient } from './age-recipient.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'age-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

function openWithAge(identity: string, file: Buffer): Buffer {
  const path = join(dir, 'identity.txt');
  writeFileSync(path, `# a key\n${identity}\n`, { mode: 0o600 });
  return execFileSync('age', ['--decrypt', '--identity', path], { input: file, maxBuffer: 1e9, stdio: 'pipe' });
}

/** Seals a text as a part is sealed. */
function seal(text: Buffer, recipients: string[]): Buffer {
  const { header, payloadKey } = beginAgeFile(recipients.map(parseRecipient));
  const payload = createAgePayload(payloadKey);
  const file = [header];
  for (let at = 0; at < text.length; at += chunkBytes) {
    const chunk = text.subarray(at, at + chunkBytes);
    const sealed = Buffer.alloc(chunk.length + sealTagBytes);
    payload.seal(chunk, at + chunkBytes >= text.length, sealed);
    file.push(sealed);
  }
  return Buffer.concat(file);
}

describe('a sealed file', () => {
  it('is opened by the age program, for each of its recipients, at any size', async () => {
    const keys = [await createTestIdentity(), await createTestIdentity(), await createTestIdentity()];
    for (const size of [1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes]) {
      const text = randomBytes(size);
      const file = seal(
        text,
        keys.map(({ recipient }) => recipient),
      );
      for (const { identity } of keys) expect(openWithAge(identity, file).equals(text)).toBe(true);
    }
    const other = await createTestIdentity();
    expect(() => openWithAge(other.identity, seal(randomBytes(9), [keys[0]!.recipient]))).toThrow(
      'no identity matched',
    );
  });

  it('is a part of a recording, whose frames are what the age program prints', async () => {
    const sample = await sampleRecording();
    const [name, file] = [...sample.files][0]!;
    expect(name).toBe('000001.age');
    expect(await digestOf(file)).toBe(sample.parts[0]!.files[0]!.sha256);
    const text = openWithAge(sample.identity, file);
    expect(text.includes('bin  etc  home\r\n$ ')).toBe(true);
    expect(file.includes('home')).toBe(false);
  });

  it('that is cut gives its whole chunks, as with the age program', async () => {
    const { identity, recipient } = await createTestIdentity();
    // Two frames that fill a chunk each, and one without a payload.
    const text = Buffer.alloc(12 + 2 * chunkBytes);
    for (const at of [0, chunkBytes]) writeFrameHeader(text, at, { type: 'data', time: 0, length: chunkBytes - 12 });
    writeFrameHeader(text, 2 * chunkBytes, { type: 'close', time: 0, length: 0 });
    const whole = seal(text, [recipient]);
    expect((await openPart({ age: whole }, [identity])).frames.length).toBe(3);
    const path = join(dir, 'cut.txt');
    writeFileSync(path, identity);
    for (const [missing, chunks] of [
      [1, 2],
      [28, 2],
      [29, 1],
      [28 + 16 + chunkBytes, 1],
    ] as const) {
      const cut = whole.subarray(0, whole.length - missing);
      const { frames, isCut } = await openPart({ age: cut }, [identity]);
      expect(isCut).toBe(true);
      expect(frames.length).toBe(chunks);
      const { stdout, status } = spawnSync('age', ['-d', '-i', path], { input: cut });
      expect(status).toBe(1);
      expect(stdout.equals(text.subarray(0, chunks * chunkBytes))).toBe(true);
    }
  });

  it('refuses a recipient that is none', () => {
    for (const text of ['age1', 'age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq', 'bc1qqqqq'])
      expect(() => parseRecipient(text)).toThrow(`${text} is not an X25519 public key of age`);
  });
});
