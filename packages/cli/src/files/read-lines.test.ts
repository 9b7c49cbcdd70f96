import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readLines, type Line } from './read-lines.ts';

/** Any character; fast-check would first make a table of all of them for itself. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

async function* bytes(...chunks: Uint8Array[]) {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
async function lines(max: number, ...chunks: (string | Uint8Array)[]): Promise<Line[]> {
  const all: Line[] = [];
  for await (const some of readLines(bytes(...chunks.map((chunk) => Buffer.from(chunk))), max)) all.push(...some);
  return all;
}

describe('lines of a stream', () => {
  it('are the same however it is split into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: character }).filter((text) => !/[\n\r]/.test(text) && text.trim() !== '')),
        fc.integer({ min: 1, max: 7 }),
        async (texts, step) => {
          const whole = Buffer.from(texts.join('\n'));
          const pieces = Array.from({ length: Math.ceil(whole.length / step) }, (_none, index) =>
            whole.subarray(index * step, (index + 1) * step),
          );
          expect(await lines(1000, ...pieces)).toEqual(
            texts.map((text, index) => ({ number: index + 1, text: text.trim() })),
          );
        },
      ),
    );
  });

  it('count even if they are empty, and may end with carriage returns', async () => {
    expect(await lines(10, 'a\r\n\r\n\nb')).toEqual([
      { number: 1, text: 'a' },
      { number: 4, text: 'b' },
    ]);
  });

  it('are reported with their size if they are too long, and the next one is read', async () => {
    expect(await lines(3, 'abcd\nxyz\nlonger', ' still', '\nq')).toEqual([
      { number: 1, tooLong: 4 },
      { number: 2, text: 'xyz' },
      { number: 3, tooLong: 12 },
      { number: 4, text: 'q' },
    ]);
  });

  it('are none in an empty stream', async () => {
    expect(await lines(3)).toEqual([]);
    expect(await lines(3, '', '\n')).toEqual([]);
  });
});
