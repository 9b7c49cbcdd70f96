import { describe, expect, it } from '@jest/globals';
import type { Frame } from '../format/frame.ts';
import { sampleHead } from '../testing/create-recorder-bed.ts';
import { toAsciicast } from './to-asciicast.ts';

const head = sampleHead();
const start: Frame = { type: 'part', time: 0, format: 1, recording: head.id, part: 1, head };
const data = (
  time: number,
  bytes: string | number[],
  stream: 'stdout' | 'stderr' | 'stdin' | 'error' = 'stdout',
): Frame => ({
  type: 'data',
  time,
  stream,
  bytes: new Uint8Array(typeof bytes === 'string' ? Buffer.from(bytes) : bytes),
});

async function linesOf(...frames: Frame[]): Promise<unknown[]> {
  async function* all() {
    yield* frames;
  }
  const lines: unknown[] = [];
  for await (const line of toAsciicast(all())) {
    expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    expect(line.isWellFormed()).toBe(true);
    lines.push(JSON.parse(line));
  }
  return lines;
}

describe('an asciicast', () => {
  it('has a header with the first size, and then what happened, with times since the start', async () => {
    const lines = await linesOf(
      start,
      { type: 'resize', time: 1000, columns: 100, rows: 30 },
      data(2000, '$ '),
      data(3500, 'l', 'stdin'),
      { type: 'idle', time: 4000 },
      { type: 'resize', time: 5_000_000, columns: 120, rows: 40 },
      data(6_000_000, 'oops\r\n', 'stderr'),
      data(6_000_001, '{"status":"Success"}', 'error'),
    );
    expect(lines).toEqual([
      {
        version: 2,
        width: 100,
        height: 30,
        timestamp: 1_796_119_200,
        command: 'sh',
        title: 'exec shop/cart-1 in production by carol@example.com',
      },
      [0.002, 'o', '$ '],
      [0.0035, 'i', 'l'],
      [5, 'r', '120x40'],
      [6, 'o', 'oops\r\n'],
    ]);
  });

  it('keeps together a character that came in pieces, on each stream', async () => {
    const lines = await linesOf(
      start,
      data(1, [0xe2]),
      data(2, [0xf0, 0x9f], 'stderr'),
      data(3, [0x82, 0xac]),
      data(4, [0x98, 0x80, 0xef, 0xbb, 0xbf], 'stderr'),
    );
    expect(lines.slice(1)).toEqual([
      [0.000003, 'o', '€'],
      [0.000004, 'o', '😀\uFEFF'],
    ]);
  });

  it('has a sign for bytes that are no text, also at the end', async () => {
    expect(
      (await linesOf(start, data(1, [0xff, 0x41]), data(2, [0xed, 0xa0, 0x80]), data(3, [0xe2]))).slice(1),
    ).toEqual([
      [0.000001, 'o', '\uFFFDA'],
      [0.000002, 'o', '\uFFFD\uFFFD\uFFFD'],
      [0.000003, 'o', '\uFFFD'],
    ]);
  });

  it('has no control codes of its own, also none of eight bits, so that it can be shown', async () => {
    const hostile = 'a\u001b]52;c;eA==\u0007\u007f\u0085\u009d52;c;eA==\u009cb';
    const named: Frame = { ...start, head: { ...head, name: hostile } };
    const [header, line] = await linesOf(named, data(1, hostile));
    expect([header, line]).toEqual([
      expect.objectContaining({ title: expect.stringContaining(hostile) }),
      [0.000001, 'o', hostile],
    ]);
  });

  it('has a header even if nothing was recorded', async () => {
    expect(await linesOf()).toEqual([{ version: 2, width: 80, height: 24 }]);
  });
});
