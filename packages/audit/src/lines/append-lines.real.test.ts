import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-append-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a program that may write files of at most `blocks` times 1024 bytes, and gets an error beyond that. */
function runWithLimit(blocks: number, file: string, program: string): string {
  const limited = `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
  const own = ['--conditions=source', '--input-type=module', '-e', program, file];
  const run = spawnSync('bash', ['-c', limited, 'bash', process.execPath, ...own], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  return run.stdout;
}

const source = JSON.stringify(new URL('append-lines.ts', import.meta.url).href);
const append = (lines: number) => `
  import { appendLines } from ${source};
  const line = (number) => JSON.stringify({ number, filling: 'x'.repeat(300) }) + '\\n';
  const text = Array.from({ length: ${lines} }, (_, number) => line(number)).join('');
  await appendLines(process.argv[1], text).then(() => console.log('done'), ({ code }) => console.log(code));`;

describe('lines at the end of a file whose disk is full', () => {
  it('are whole when they are appended again', () => {
    const file = path.join(directory, 'lines.ndjson');
    expect(runWithLimit(2, file, append(5))).toBe('done\n');
    expect(runWithLimit(2, file, append(5))).toBe('EFBIG\n');
    expect(readFileSync(file).length).toBe(2048);
    expect(runWithLimit(8, file, append(5))).toBe('done\n');
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    const whole = lines.flatMap((line) => {
      try {
        return [(JSON.parse(line) as { number: number }).number];
      } catch {
        return [];
      }
    });
    expect(whole).toEqual([0, 1, 2, 3, 4, 0, 0, 1, 2, 3, 4]);
    const [cut] = lines.filter((line) => !line.endsWith('}'));
    expect(lines.at(-4)!.startsWith(cut!)).toBe(true);
  });
});
