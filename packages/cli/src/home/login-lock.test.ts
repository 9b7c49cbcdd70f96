import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { processEnvironment } from '../environment/environment.ts';
import { tryLoginLock } from './login-lock.ts';

const environment = processEnvironment();
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));
const file = () => path.join(directory, 'login.lock');

describe('the login lock', () => {
  it('has one holder at a time', () => {
    const first = tryLoginLock(directory, environment);
    expect(tryLoginLock(directory, environment)).toBeUndefined();
    first?.release();
    expect(tryLoginLock(directory, environment)).toBeDefined();
    expect(readdirSync(directory)).toEqual(['login.lock']);
  });

  it.each([
    ['a process that is gone', { id: 'x', pid: 4_190_000, birth: '1' }],
    ['another process that got the same id', { id: 'x', pid: process.pid, birth: '1' }],
    ['no process', { id: 'x', pid: 0, birth: '1' }],
    ['a process group', { id: 'x', pid: -1 }],
    ['an unreadable lock', 'nonsense'],
  ])('is taken over from %s', (_who, content) => {
    writeFileSync(file(), JSON.stringify(content));
    expect(tryLoginLock(directory, environment)).toBeDefined();
  });

  it('is not removed by a process that no longer holds it', () => {
    const first = tryLoginLock(directory, environment);
    rmSync(file());
    const second = tryLoginLock(directory, environment);
    first?.release();
    expect(existsSync(file())).toBe(true);
    second?.release();
    expect(existsSync(file())).toBe(false);
  });

  it('is not touched while another process takes it over', () => {
    writeFileSync(file(), JSON.stringify({ id: 'x', pid: 4_190_000, birth: '1' }));
    writeFileSync(`${file()}.guard`, '');
    expect(tryLoginLock(directory, environment)).toBeUndefined();
    const later = { ...environment, now: () => Date.now() + 20_000 };
    tryLoginLock(directory, later);
    expect(tryLoginLock(directory, later)).toBeDefined();
  });
});
