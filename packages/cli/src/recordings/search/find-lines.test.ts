import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@sallyport/recordings/read';
import { findLines } from './find-lines.ts';

const esc = '\u001b';

async function find(text: string, ...pieces: (string | [stream: 'stdin' | 'stderr', text: string])[]) {
  async function* frames(): AsyncGenerator<Frame> {
    for (const [index, piece] of pieces.entries()) {
      const [stream, written] = typeof piece === 'string' ? (['stdout', piece] as const) : piece;
      yield { time: index * 1000, type: 'data', stream, bytes: new TextEncoder().encode(written) };
    }
  }
  const found: [time: number, stream: string, line: string][] = [];
  for await (const { time, stream, line } of findLines(frames(), text)) found.push([time, stream, line]);
  return found;
}

describe('a search of a recording', () => {
  it('finds a line in any case, and says when it began', async () => {
    expect(await find('drop table', 'one\r\n', 'x DROP ', 'TABLE users\r\n', 'two')).toEqual([
      [1000, 'stdout', 'x DROP TABLE users'],
    ]);
  });

  it('finds what control codes divide, and what they hide', async () => {
    expect(await find('secret', `se${esc}[31mcr${esc}[0met\n`)).toEqual([[0, 'stdout', 'secret']]);
    expect(await find('secret', `${esc}]2;the secret\u0007\n`)).toEqual([[0, 'stdout', `${esc}]2;the secret\u0007`]]);
  });

  it('says a line once that has the text both ways', async () => {
    expect(await find('x', `${esc}[31mx${esc}[0m\n`)).toEqual([[0, 'stdout', 'x']]);
  });

  it('keeps streams apart', async () => {
    expect(await find('ab', 'a', ['stderr', 'b\n'], ['stdin', 'ab\n'], 'b\n')).toEqual([
      [2000, 'stdin', 'ab'],
      [0, 'stdout', 'ab'],
    ]);
  });

  it('finds a text across the pieces of an endless line, and at its end', async () => {
    expect(await find('needle', 'x'.repeat(16 * 1024 - 3), `needle${'y'.repeat(40_000)}`)).toHaveLength(1);
    expect(await find('end', 'the end')).toEqual([[0, 'stdout', 'the end']]);
  });

  it('shows what is around the text in a long line', async () => {
    const [found] = await find('needle', `${'a'.repeat(500)}needle${'b'.repeat(500)}\n`);
    expect(found?.[2]).toMatch(/^…a{80}needleb{80}…$/);
  });
});
