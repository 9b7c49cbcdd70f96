import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { claimStateDir } from './claim-state-dir.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-claim-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const file = () => path.join(directory, 'state/demo.pid');
const claim = () => claimStateDir(path.join(directory, 'state'));

describe('a state directory', () => {
  it('is created for its owner only, and given up at the end', () => {
    const giveUp = claim();
    expect(statSync(path.dirname(file())).mode & 0o777).toBe(0o700);
    expect(readFileSync(file(), 'utf8')).toBe(String(process.pid));
    giveUp();
    claim()();
  });

  it('belongs to one demo at a time, also while that one still starts', () => {
    claim();
    writeFileSync(file(), String(process.ppid));
    expect(claim).toThrow(
      new RegExp(`^another demo \\(process ${process.ppid}\\) uses the state directory .*state\\. Stop it, or choose`),
    );
  });

  it.each([
    ['of a process that has ended', '2147483646'],
    ['that is empty', ''],
    ['that is no number', 'x'],
  ])('is taken over from a claim %s', (_what, text) => {
    claim();
    writeFileSync(file(), text);
    claim();
    expect(readFileSync(file(), 'utf8')).toBe(String(process.pid));
  });

  it('that cannot be written is named, with what to do', () => {
    writeFileSync(path.join(directory, 'a-file'), '');
    for (const place of ['/proc/nowhere', path.join(directory, 'a-file')])
      expect(() => claimStateDir(place)).toThrow(
        new RegExp(`^cannot write to the state directory ${place} \\(E\\w+\\)\\. Choose one .* with --state-dir$`),
      );
  });
});
