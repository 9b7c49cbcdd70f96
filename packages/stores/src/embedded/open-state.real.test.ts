import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { buildSync } from 'esbuild';
import { createLogger, type Logger } from '@sallyport/kit';
import { isFullRun, until } from '@sallyport/kit/testing';
import { describeOnSmallDisk } from '@sallyport/spool/testing';
import { createMemoryElevationStore } from '../elevations/create-memory-elevation-store.ts';
import { createMemoryNameStore } from '../names/name-store.ts';
import { createMemorySessionStore } from '../sessions/create-memory-session-store.ts';
import { createMemorySingleUseStore } from '../single-use/single-use-store.ts';
import { exampleSession } from '../testing/example-session.ts';
import { openState } from './open-state.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const open = (directory: string) => openState(directory, { logger });
let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sallyport-state-'));
  child = bundleChild();
});
afterAll(() => rmSync(root, { recursive: true }));
const newDirectory = () => mkdtempSync(path.join(root, 'data-'));

/** Bundles the program of the child, which is started often, and returns its file. */
function bundleChild(): string {
  const outdir = path.join(root, 'child');
  const source = (name: string) => new URL(name, import.meta.url).pathname;
  buildSync({
    entryPoints: { 'state-child': source('../testing/state-child.ts'), 'state-worker': source('state-worker.ts') },
    outdir,
    bundle: true,
    format: 'esm',
    platform: 'node',
    conditions: ['source'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'silent',
  });
  writeFileSync(path.join(outdir, 'package.json'), '{"type": "module"}');
  return path.join(outdir, 'state-child.js');
}
let child: string;
type Child = ChildProcessByStdio<null, Readable, null>;
const startChild = (directory: string, round: number): Child =>
  spawn(process.execPath, [child, directory, String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });

/** Lets a process work until it has acknowledged some changes, kills it, and adds what it said to `said`. */
async function workAndDie(directory: string, round: number, said: Map<string, Set<string>>): Promise<void> {
  const program = startChild(directory, round);
  let output = '';
  program.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(program, 'close');
  await until(() => output.split('\n').length >= 20 + (round % 7) * 10 || program.exitCode !== null);
  await pause(round % 5);
  expect(program.exitCode).toBeNull();
  program.kill('SIGKILL');
  await ended;
  for (const line of output.slice(0, output.lastIndexOf('\n')).split('\n')) {
    const [what = '', name = ''] = line.split(' ');
    said.set(what, (said.get(what) ?? new Set()).add(name));
  }
}

const kills = isFullRun ? 50 : 15;

describe('the state of a process that is killed again and again', () => {
  it('has everything that was acknowledged', async () => {
    const directory = newDirectory();
    const said = new Map<string, Set<string>>();
    for (let round = 1; round <= kills; round += 1) await workAndDie(directory, round, said);
    const all = (what: string) => [...(said.get(what) ?? [])];
    expect(all('created').length).toBeGreaterThan(10 * kills);
    const state = await open(directory);
    const deps = { now: Date.now, tables: state.tables };
    const sessions = createMemorySessionStore(deps);
    const found = await sessions.find(all('created').map((name) => `hash-${name}`));
    expect(found.filter(({ state: what }) => what === 'unknown')).toEqual([]);
    const ended = await sessions.find(all('revoked').map((name) => `hash-${name}`));
    expect(ended.filter(({ state: what }) => what !== 'revoked')).toEqual([]);
    const singleUse = createMemorySingleUseStore(deps);
    const taken = await Promise.all(all('taken').map((name) => singleUse.read('code', name)));
    expect(taken.filter((value) => value !== undefined)).toEqual([]);
    const names = createMemoryNameStore(deps);
    const holders = await Promise.all(all('held').map(async (name) => (await names.read(name))?.uid));
    expect(holders).toEqual(all('held'));
    process.stderr.write(
      `measured: ${kills} kills: ${['created', 'revoked', 'taken', 'held'].map((what) => `${all(what).length} ${what}`).join(', ')}; 0 lost\n`,
    );
    await state.close();
  });
});

describe('a directory of state', () => {
  it('belongs to one process at a time', async () => {
    const directory = newDirectory();
    const program = startChild(directory, 1);
    await once(program.stdout, 'data');
    await expect(open(directory)).rejects.toThrow(/another process uses .*state\.db; stop it first/);
    const ended = once(program, 'close');
    program.kill('SIGKILL');
    await ended;
    await (await open(directory)).close();
  });

  it('waits for a process that is about to end', async () => {
    const directory = newDirectory();
    const first = await open(directory);
    const isWaiting = Promise.withResolvers<void>();
    const info = (_fields: object, message: string) => void (message.startsWith('waiting') && isWaiting.resolve());
    const second = openState(directory, { logger: { ...logger, info } as unknown as Logger });
    await isWaiting.promise;
    await first.close();
    await (await second).close();
  });

  it('logs nothing when it is closed, and keeps the order in which keys were added last', async () => {
    const directory = newDirectory();
    const logged: string[] = [];
    const error = (_fields: object, message: string) => void logged.push(message);
    const state = await openState(directory, { logger: { ...logger, error } as unknown as Logger });
    const map = state.tables.map<number>('numbers');
    for (const key of ['a', 'b', 'c']) map.set(key, 1);
    await state.tables.saved();
    map.delete('a');
    map.set('d', 2);
    map.set('a', 2);
    map.set('b', 3);
    await state.close();
    expect(logged).toEqual([]);
    const again = await open(directory);
    const found = again.tables.map<number>('numbers');
    expect([...found]).toEqual([...map]);
    await again.close();
  });

  it('refuses everything when the thread that saves it has ended, says so, and can still be closed', async () => {
    const logged: string[] = [];
    const error = (_fields: object, message: string) => void logged.push(message);
    const started = once(process, 'worker') as Promise<[Worker]>;
    const state = await openState(newDirectory(), { logger: { ...logger, error } as unknown as Logger });
    const sessions = createMemorySessionStore({ now: Date.now, tables: state.tables });
    const [worker] = await started;
    await worker.terminate();
    expect(logged).toEqual(['the thread that saves the state has ended; restart the process']);
    await expect(sessions.ping()).rejects.toMatchObject({ code: 'sessions-unavailable' });
    await expect(sessions.find(['h'])).rejects.toMatchObject({ code: 'sessions-unavailable' });
    state.tables.map('numbers').set('a', 1);
    await expect(state.tables.saved()).rejects.toMatchObject({ code: 'sessions-unavailable' });
    await state.close();
  });

  it('forgets what had expired when it is opened, also of a kind or a channel that is not used any more', async () => {
    const directory = newDirectory();
    const clock = { now: 1_800_000_000_000 };
    const first = await open(directory);
    const deps = { now: () => clock.now, tables: first.tables };
    const singleUse = createMemorySingleUseStore(deps);
    await singleUse.put('gone', 'short', 1, 1000);
    await singleUse.put('gone', 'long', 2, 60_000);
    await singleUse.put('short', 'short', 3, 1000);
    const notice = {
      id: 'event-1',
      number: 1,
      type: 'service_account.expiring' as const,
      at: 1,
      channels: ['gone'],
      serviceAccount: { id: 'account', name: 'deployer', groups: ['ci'], maker: { user: 'alice' }, expiresAt: 5 },
    };
    await createMemoryElevationStore(deps).notices.put(notice, 1000);
    await first.close();
    clock.now += 1000;
    const second = await open(directory);
    createMemorySingleUseStore({ ...deps, tables: second.tables });
    createMemoryElevationStore({ ...deps, tables: second.tables });
    await second.close();
    const third = await open(directory);
    const left = ['single-use/', 'notices/', 'account-'].map((prefix) => third.tables.stored(prefix));
    expect(left).toEqual([['gone'], [], []]);
    expect(await createMemorySingleUseStore({ ...deps, tables: third.tables }).read('gone', 'long')).toBe(2);
    await third.close();
  });

  it('can only be read by its owner', async () => {
    const directory = path.join(newDirectory(), 'data');
    const state = await open(directory);
    createMemorySingleUseStore({ now: Date.now, tables: state.tables });
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(directory, 'state.db')).mode & 0o777).toBe(0o600);
    await state.close();
  });

  it('is refused if its file is damaged, or from a newer version', async () => {
    const [damaged, foreign, newer] = [newDirectory(), newDirectory(), newDirectory()];
    await (await open(damaged)).close();
    truncateSync(path.join(damaged, 'state.db'), 5000);
    writeFileSync(path.join(foreign, 'state.db'), 'not a database, and long enough to have a header of one'.repeat(20));
    await (await open(newer)).close();
    const database = new DatabaseSync(path.join(newer, 'state.db'));
    database.exec('PRAGMA user_version = 2');
    database.close();
    for (const each of [damaged, foreign])
      await expect(open(each)).rejects.toThrow(/is damaged; restore the directory from a backup/);
    await expect(open(newer)).rejects.toThrow(/was written by a newer version/);
  });

  it('survives bytes after the last page that are no page', async () => {
    const directory = newDirectory();
    const said = new Map<string, Set<string>>();
    await workAndDie(directory, 1, said);
    appendFileSync(path.join(directory, 'state.db-wal'), Buffer.alloc(2500, 7));
    const state = await open(directory);
    const sessions = createMemorySessionStore({ now: Date.now, tables: state.tables });
    const found = await sessions.find([...said.get('created')!].map((name) => `hash-${name}`));
    expect(found.filter(({ state: what }) => what === 'unknown')).toEqual([]);
    await state.close();
  });

  it('makes readers of elevations read them all after a restart', async () => {
    const directory = newDirectory();
    const first = await open(directory);
    const store = createMemoryElevationStore({ now: Date.now, tables: first.tables });
    expect(await store.changesSince(0)).toEqual({ position: 0, ids: [] });
    await store.create({ id: 'elv-1', revision: 1, createdAt: 1, requester: {} } as never, 5);
    await first.close();
    const second = await open(directory);
    const again = createMemoryElevationStore({ now: Date.now, tables: second.tables });
    expect(await again.open()).toMatchObject([{ id: 'elv-1' }]);
    expect(await again.changesSince(0)).toEqual({ position: 1, ids: undefined });
    await second.close();
  });
});

describeOnSmallDisk('state on a disk of one mebibyte', (disk) => {
  it('acknowledges nothing while the disk is full, refuses reads too, and recovers with everything', async () => {
    const directory = path.join(disk.path, 'full');
    const state = await open(directory);
    const sessions = createMemorySessionStore({ now: Date.now, tables: state.tables });
    writeFileSync(path.join(disk.path, 'filling'), Buffer.alloc(1024 * 1024 - 200_000));
    const acknowledged: string[] = [];
    const refused: string[] = [];
    for (let count = 0; refused.length === 0; count += 1)
      await sessions.create(`h${count}`, { ...exampleSession(Date.now()), id: `s${count}` }).then(
        () => acknowledged.push(`h${count}`),
        (error: unknown) => {
          expect(error).toMatchObject({ code: 'sessions-unavailable' });
          refused.push(`h${count}`);
        },
      );
    await expect(sessions.find(acknowledged)).rejects.toMatchObject({ code: 'sessions-unavailable' });
    await expect(sessions.ping()).rejects.toMatchObject({ code: 'sessions-unavailable' });
    rmSync(path.join(disk.path, 'filling'));
    await until(() => sessions.ping().then(() => true));
    await state.close();
    const again = await open(directory);
    const stored = createMemorySessionStore({ now: Date.now, tables: again.tables });
    const found = await stored.find([...acknowledged, ...refused]);
    expect(found.map(({ state: what }) => what)).toEqual(found.map(() => 'live'));
    await again.close();
  });

  it('is refused if the disk is read-only', async () => {
    const directory = path.join(disk.path, 'read-only');
    await (await open(directory)).close();
    disk.remount('ro');
    await expect(open(directory)).rejects.toThrow(/cannot be opened: .*(EROFS|readonly)/);
    disk.remount('rw');
  });
});
