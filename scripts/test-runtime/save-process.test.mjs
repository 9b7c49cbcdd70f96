import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, it } from '@jest/globals';
import { saveProcess } from './save-process.mjs';

let undo;
afterEach(() => undo?.());

describe('what a test file changes of its process', () => {
  it('is undone: globals', () => {
    const { fetch, Date: realDate } = globalThis;
    undo = saveProcess();
    globalThis.fetch = () => undefined;
    globalThis.Date = class Fake {};
    globalThis.planted = true;
    Object.defineProperty(globalThis, Symbol.for('planted'), { value: true, configurable: true });
    delete globalThis.queueMicrotask;
    undo();
    expect(globalThis.fetch).toBe(fetch);
    expect(globalThis.Date).toBe(realDate);
    expect([globalThis.planted, globalThis[Symbol.for('planted')]]).toEqual([undefined, undefined]);
    expect(globalThis.queueMicrotask).toBeInstanceOf(Function);
  });

  it('is undone: the environment and the directory', () => {
    const before = { ...process.env };
    const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-saved-'));
    const own = process.cwd();
    undo = saveProcess();
    process.env.PLANTED = 'yes';
    process.env.PATH = '/nowhere';
    delete process.env.HOME;
    process.chdir(directory);
    undo();
    rmSync(directory, { recursive: true });
    expect({ ...process.env }).toEqual(before);
    expect(process.cwd()).toBe(own);
  });

  it('is undone: listeners and functions of the process', () => {
    const { exit, emitWarning } = process;
    const given = () => {};
    process.on('SIGWINCH', given);
    undo = saveProcess();
    process.on('SIGWINCH', () => {});
    process.on('SIGHUP', () => {});
    process.exit = () => {};
    process.emitWarning = () => {};
    undo();
    expect(process.rawListeners('SIGWINCH')).toEqual([given]);
    expect(process.rawListeners('SIGHUP')).toEqual([]);
    expect([process.exit, process.emitWarning]).toEqual([exit, emitWarning]);
    process.removeListener('SIGWINCH', given);
  });
});
