import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { readTrailLines } from './read-trail-lines.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-trail-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const write = (number: number, text: string) =>
  writeFileSync(path.join(directory, `0000000${number}-2026-11-0${number}.ndjson`), text);

it('reads the lines of all files in their order, without a last line that is not finished', async () => {
  const long = 'ä'.repeat(100_000);
  write(2, `${long}\nb\n`);
  write(1, 'a\n\u2028\n');
  write(3, '');
  write(4, 'c\nunfinished');
  writeFileSync(path.join(directory, 'lock'), 'x\n');
  const lines: string[] = [];
  for await (const line of readTrailLines(directory)) lines.push(line);
  expect(lines).toEqual(['a', '\u2028', long, 'b', 'c']);
});

it('leaves out files that are deleted meanwhile', async () => {
  for (const number of [1, 2, 3]) write(number, `${number}\n`);
  const lines: string[] = [];
  for await (const line of readTrailLines(directory)) {
    lines.push(line);
    rmSync(path.join(directory, '00000002-2026-11-02.ndjson'), { force: true });
  }
  expect(lines).toEqual(['1', '3']);
});
