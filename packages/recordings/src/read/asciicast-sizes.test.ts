import { describe, expect, it } from '@jest/globals';
import type { Frame } from '../format/frame.ts';
import { toAsciicast } from './to-asciicast.ts';

const data = (time: number, text: string): Frame => ({
  time: time * 1000,
  type: 'data',
  stream: 'stdout',
  bytes: new TextEncoder().encode(text),
});
const resize = (time: number, columns: number, rows: number): Frame => ({
  time: time * 1000,
  type: 'resize',
  columns,
  rows,
});

async function linesOf(...frames: Frame[]): Promise<unknown[]> {
  async function* all() {
    yield* frames;
  }
  const lines: unknown[] = [];
  for await (const line of toAsciicast(all())) lines.push(JSON.parse(line));
  return lines;
}

describe('the size of an asciicast', () => {
  it('is the first one, also if output came before it', async () => {
    expect(await linesOf(data(1, 'a'), resize(20, 120, 40), data(30, 'b'))).toEqual([
      { version: 2, width: 120, height: 40 },
      [0.001, 'o', 'a'],
      [0.03, 'o', 'b'],
    ]);
  });

  it('is not that of a client that has none', async () => {
    expect(await linesOf(resize(1, 0, 0), data(2, 'a'), resize(3, 100, 30), resize(4, 0, 0))).toEqual([
      { version: 2, width: 100, height: 30 },
      [0.002, 'o', 'a'],
    ]);
  });

  it('is never one that breaks a player', async () => {
    expect(await linesOf(resize(1, 65_535, 65_535), resize(2, 65_535, 1))).toEqual([
      { version: 2, width: 1000, height: 1000 },
      [0.002, 'r', '1000x1'],
    ]);
  });

  it('is a usual one if none comes soon', async () => {
    const [header, ...rest] = await linesOf(data(1, 'a'), data(1500, 'b'), resize(2000, 100, 30));
    expect(header).toMatchObject({ width: 80, height: 24 });
    expect(rest).toEqual([
      [0.001, 'o', 'a'],
      [1.5, 'o', 'b'],
      [2, 'r', '100x30'],
    ]);
  });
});
