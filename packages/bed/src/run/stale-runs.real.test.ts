import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identifyProcess, isAlive } from './process-identity.ts';
import { runDirectory, type Run } from './run-directory.ts';
import { staleRuns, sweepStaleRuns } from './stale-runs.ts';

let base: string;
beforeEach(() => {
  base = mkdtempSync(path.join(os.tmpdir(), 'bed-runs-'));
});
afterEach(() => rmSync(base, { recursive: true }));

/** Creates a run of a process that died: its owner has another start time. */
function deadRun(): Run {
  const run = runDirectory(base);
  writeFileSync(path.join(run.directory, 'owner.json'), JSON.stringify({ pid: process.pid, startedAt: '1' }));
  return run;
}

const record = (run: Run, name: string, identity: object): void =>
  writeFileSync(
    path.join(run.directory, 'processes', `${name}.json`),
    JSON.stringify({ name, stopSignal: 'SIGTERM', graceMs: 1000, ...identity }),
  );

describe('sweeping stale runs', () => {
  it('ends the processes of a run whose owner is gone, removes its remains and deletes it', async () => {
    const run = deadRun();
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const exit = once(child, 'exit');
    const identity = identifyProcess(child.pid!)!;
    record(run, 'redis', identity);
    const cleaned: string[] = [];
    const swept = await sweepStaleRuns(async (each) => void cleaned.push(each.id), { base });
    await exit;
    expect(swept).toEqual([run.id]);
    expect(cleaned).toEqual([run.id]);
    expect(isAlive(identity)).toBe(false);
    expect(existsSync(run.directory)).toBe(false);
  });

  it('does not touch a run whose owner is alive', async () => {
    const run = runDirectory(base);
    expect(await sweepStaleRuns(async () => {}, { base })).toEqual([]);
    expect(existsSync(run.directory)).toBe(true);
  });

  it('does not touch a process that only has the pid of a recorded one', async () => {
    const run = deadRun();
    record(run, 'redis', { pid: process.pid, startedAt: '1' });
    await sweepStaleRuns(async () => {}, { base });
    expect(existsSync(run.directory)).toBe(false);
  });

  it('does not touch anything that is not a run', () => {
    mkdirSync(path.join(base, 'abcdef'));
    mkdirSync(path.join(base, 'something-else'));
    writeFileSync(path.join(base, 'ghijkl'), '');
    expect(staleRuns(base)).toEqual([]);
    expect(staleRuns(path.join(base, 'nowhere'))).toEqual([]);
  });
});
