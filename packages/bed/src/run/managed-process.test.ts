import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from './free-port.ts';
import { ManagedProcess, type ManagedProcessOptions } from './managed-process.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { runDirectory, type Run } from './run-directory.ts';

let base: string;
let run: Run;
beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'bed-runs-'));
  run = runDirectory(base);
});
afterEach(() => rmSync(base, { recursive: true }));

const program = (script: string, more: Partial<ManagedProcessOptions> = {}): ManagedProcess => {
  const server: ManagedProcess = new ManagedProcess({
    run,
    name: 'thing',
    program: process.execPath,
    args: ['-e', script],
    ready: () => server.log().includes('ready'),
    ...more,
  });
  return server;
};
const recorded = (): ProcessIdentity =>
  JSON.parse(readFileSync(path.join(run.directory, 'processes', 'thing.json'), 'utf8')) as ProcessIdentity;

describe('a managed process', () => {
  it('has started when it is ready, has a pid file while it runs and is gone after a stop', async () => {
    const server = program('setTimeout(() => console.log("ready"), 50); setInterval(() => {}, 1000)');
    await server.start();
    const record = recorded();
    expect(record.pid).toBe(server.pid);
    expect(isAlive(record)).toBe(true);
    await server.stop();
    await server.stop();
    expect(isAlive(record)).toBe(false);
    expect(existsSync(path.join(run.directory, 'processes', 'thing.json'))).toBe(false);
  });

  it('reports the end of the log if the process dies before it is ready', async () => {
    await expect(program('console.error("no such disk"); process.exit(7)').start()).rejects.toThrow(
      /thing exited with 7[^]*no such disk/,
    );
  });

  it('times out and stops a process that never becomes ready', async () => {
    const server = program('setInterval(() => {}, 1000)', { readyTimeoutMs: 200 });
    await expect(server.start()).rejects.toThrow('was not ready after 0.2 s');
    expect(server.pid).toBeUndefined();
  });

  it('reports a missing program', async () => {
    await expect(program('', { program: '/nowhere/program' }).start()).rejects.toThrow(
      /(cannot start thing|thing exited with)/,
    );
  });

  it('kills a process that ignores SIGTERM', async () => {
    const server = program('process.on("SIGTERM", () => {}); console.log("ready"); setInterval(() => {}, 1000)', {
      graceMs: 100,
    });
    await server.start();
    const record = recorded();
    await server.stop();
    expect(isAlive(record)).toBe(false);
  });

  it('restarts with the same arguments, and is not considered ready because of its earlier log', async () => {
    const port = await freePort();
    const script = `require('net').createServer().listen(${port}, '127.0.0.1', () => console.log('ready'))`;
    const server = program(script);
    await server.start();
    const before = server.pid;
    await server.restart();
    expect(server.pid).not.toBe(before);
    expect(server.log()).toBe('ready\n');
    await server.stop();
  });

  it('can be stopped while it is frozen', async () => {
    const server = program('console.log("ready"); setInterval(() => {}, 1000)');
    await server.start();
    await server.freeze();
    const record = recorded();
    await server.stop();
    expect(isAlive(record)).toBe(false);
  });
});
