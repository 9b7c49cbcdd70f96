import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Frame } from '../format/frame.ts';
import { createTestIdentity } from '../testing/create-recorder-bed.ts';
import { sampleRecording, type SampleRecording } from '../testing/sample-recording.ts';
import { digestOf } from './digest-of.ts';
import { parseIdentities } from './parse-identities.ts';
import { readRecording, RecordingFault, type ListedPart, type ReadOptions } from './read-recording.ts';

const write: NonNullable<Parameters<typeof sampleRecording>[0]>['write'] = async (writer) => {
  for (let count = 0; count < 130; count += 1) {
    writer.data('stdout', randomBytes(65_536));
    while (writer.waiting > 1_000_000) await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

let sample: SampleRecording;
let other: SampleRecording;
beforeAll(async () => {
  [sample, other] = [await sampleRecording({ write }), await sampleRecording()];
  expect(sample.parts.length).toBe(3);
});

/** Reads everything and returns the faults, and the parts that there were. */
async function read(options: Partial<ReadOptions>): Promise<{ faults: string[]; parts: number[] }> {
  const faults: string[] = [];
  const parts: number[] = [];
  const onFault = (fault: RecordingFault) => void faults.push(`${fault.kind} ${fault.message}`);
  const { id: recording, fetch, identity } = sample;
  const all = { recording, parts: sample.parts, fetch, identities: [identity], onFault, ...options };
  for await (const frame of readRecording(all)) if (frame.type === 'part') parts.push(frame.part);
  return { faults, parts };
}

/** The trail as it would be with these files, for an attacker who can change it as well. */
const relist = (files: Map<string, Buffer>): Promise<ListedPart[]> =>
  Promise.all(
    [...files].map(async ([name, bytes]) => ({
      part: Number(name.slice(0, 6)),
      files: [{ name, bytes: bytes.length, sha256: await digestOf(bytes) }],
    })),
  );

const filesWith = (name: string, bytes: Buffer): Map<string, Buffer> => new Map(sample.files).set(name, bytes);

describe('a recording', () => {
  it('is read from its parts, in order', async () => {
    expect(await read({})).toEqual({ faults: [], parts: [1, 2, 3] });
  });

  it('shows a part that is missing, and the others', async () => {
    const fetch = async (name: string) => (name === '000002.age' ? undefined : sample.fetch(name));
    expect(await read({ fetch })).toEqual({
      faults: ['missing part 2: 000002.age is not in the store'],
      parts: [1, 3],
    });
    expect((await read({ parts: sample.parts.filter(({ part }) => part !== 2) })).faults).toEqual([
      'missing part 2: it is not in the audit trail',
    ]);
  });

  it('shows a part that is altered, by one bit or by one byte less', async () => {
    for (const alter of [
      (bytes: Buffer) => void (bytes[bytes.length - 1]! ^= 1),
      (bytes: Buffer) => bytes.subarray(0, -1),
    ]) {
      const bytes = Buffer.from(sample.files.get('000002.age')!);
      const altered = alter(bytes) ?? bytes;
      const { faults, parts } = await read({ fetch: async (name) => filesWith('000002.age', altered).get(name) });
      expect(faults).toEqual(['altered part 2: 000002.age has another digest than in the audit trail']);
      expect(parts).toEqual([1, 3]);
    }
  });

  it('shows parts that are swapped or of another recording, also if the trail names them so', async () => {
    const [one, two] = [sample.files.get('000001.age')!, sample.files.get('000002.age')!];
    const swapped = filesWith('000001.age', two).set('000002.age', one);
    const { faults } = await read({ parts: await relist(swapped), fetch: async (name) => swapped.get(name) });
    expect(faults).toEqual([
      `swapped part 1: it is part 2 of the recording ${sample.id}`,
      `swapped part 2: it is part 1 of the recording ${sample.id}`,
      'swapped part 3: it does not follow the part before',
    ]);
    const foreign = filesWith('000001.age', other.files.get('000001.age')!);
    const identities = [sample.identity, other.identity];
    const read2 = await read({ parts: await relist(foreign), fetch: async (name) => foreign.get(name), identities });
    expect(read2.faults[0]).toBe(`swapped part 1: it is part 1 of the recording ${other.id}`);
  });

  it('is unreadable with another identity', async () => {
    const { identity } = await createTestIdentity();
    const { faults } = await read({ identities: [identity] });
    expect(faults.length).toBe(3);
    expect(faults[0]).toContain('unreadable part 1: no identity matched');
  });

  it('throws its first fault if no one wants to know of all', async () => {
    const { id: recording, parts, identity } = sample;
    const frames = readRecording({ recording, parts, fetch: async () => undefined, identities: [identity] });
    await expect(frames.next() as Promise<IteratorResult<Frame>>).rejects.toThrow(RecordingFault);
  });
});

describe('an identity file', () => {
  it('has identities, comments and empty lines, and nothing else', async () => {
    const { identity } = sample;
    expect(parseIdentities(`# created: today\r\n# public key: age1\r\n\r\n${identity}\r\n`)).toEqual([identity]);
    expect(() => parseIdentities('# nothing\n')).toThrow('no identity');
    for (const text of [identity.slice(1), identity.toLowerCase(), `${identity} x`, '-----BEGIN X-----'])
      expect(() => parseIdentities(text)).toThrow('not an identity file');
  });
});
