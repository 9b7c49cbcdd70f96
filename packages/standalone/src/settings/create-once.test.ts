import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createOnce } from './create-once.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-once-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const file = () => path.join(directory, 'key');

it('a file is created for its owner, and what an earlier process left of it is ignored', () => {
  writeFileSync(`${file()}.new`, 'half of a k');
  createOnce(file(), () => 'key');
  expect(readFileSync(file(), 'utf8')).toBe('key');
  expect(statSync(file()).mode & 0o777).toBe(0o600);
  expect(existsSync(`${file()}.new`)).toBe(false);
});

it('a file that exists is kept, also if it appears meanwhile', () => {
  createOnce(file(), () => {
    writeFileSync(file(), 'of another process');
    return 'key';
  });
  createOnce(file(), () => 'key');
  expect(readFileSync(file(), 'utf8')).toBe('of another process');
});
