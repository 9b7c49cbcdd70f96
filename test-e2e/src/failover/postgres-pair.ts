import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, type PostgresServer } from '@sallyport/bed';
import pg from 'pg';
import { eventually, theBed } from '../harness/index.ts';

const run = promisify(execFile);

/** An address that leads to a server, and later to another one, as a virtual address or a service of Kubernetes does. */
type Relay = { port: number; lead(to: number | undefined): void; close(): void };

/** Starts a relay. While it leads nowhere, it closes connections. */
async function startRelay(to: number): Promise<Relay> {
  let target: number | undefined = to;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    near.on('error', () => {});
    if (target === undefined) return void near.destroy();
    const far = connect(target, '127.0.0.1');
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one
        .on('error', () => {})
        .once('close', () => {
          open.delete(one);
          other.destroy();
        });
      one.pipe(other);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    lead(next) {
      target = next;
      for (const one of open) one.destroy();
    },
    close: () => {
      for (const one of open) one.destroy();
      server.close();
    },
  };
}

/** A PostgreSQL server and its standby, behind one address. Replication is asynchronous. */
export type PostgresPair = {
  url: string;
  /**
   * Kills the server and promotes the standby, which lacks what was written in the last `behindMs`. Returns how many
   * bytes of the log of transactions are lost.
   */
  failOver(behindMs: number): Promise<number>;
  /** Waits until there is a standby that follows, and makes one if there is none. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

type Running = { port: number; kill(): Promise<void> };

/** PostgreSQL does not run as root. */
function owner(): { uid: number; gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((one) => one.startsWith('postgres:'));
  if (line === undefined) throw new Error('the user "postgres" does not exist');
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

/** Makes a standby of the first server, which the bed has started. */
export async function startPostgresPair(first: PostgresServer): Promise<PostgresPair> {
  const { uid, gid } = owner();
  const programs = path.dirname(theBed().programs.postgres!);
  const directories: string[] = [];
  const children: ChildProcess[] = [];
  const address = await startRelay(first.port);
  const replication = await startRelay(first.port);
  const at = (port: number) => {
    const url = new URL(first.url);
    url.port = String(port);
    return url.href;
  };
  let primary: Running = {
    port: first.port,
    async kill() {
      process.kill(first.pid()!, 'SIGQUIT');
      await first.pause();
    },
  };
  let standby: Running | undefined;
  const ask = async (port: number, text: string) => {
    const client = new pg.Client({ connectionString: at(port) });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const startStandby = async (): Promise<Running> => {
    replication.lead(primary.port);
    const directory = mkdtempSync(path.join(os.tmpdir(), 'sallyport-standby-'));
    directories.push(directory);
    chownSync(directory, uid, gid);
    const data = path.join(directory, 'data');
    const copy = ['-D', data, '-R', '--checkpoint=fast', '-d', at(replication.port)];
    const as = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--'];
    await run('setpriv', [...as, path.join(programs, 'pg_basebackup'), ...copy], { cwd: directory });
    const port = await freePort();
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=50'];
    const log = openSync(path.join(directory, 'log'), 'a');
    const words = ['-D', data, ...settings.flatMap((one) => ['-c', one])];
    const child = spawn(path.join(programs, 'postgres'), words, {
      uid,
      gid,
      cwd: directory,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    children.push(child);
    const ready = async () => (await ask(port, 'select 1').catch(() => [])).length > 0;
    await eventually('a standby', ready, 60_000, () => readFileSync(path.join(directory, 'log'), 'utf8').slice(-2000));
    return {
      port,
      async kill() {
        const over = once(child, 'exit');
        child.kill('SIGQUIT');
        await over;
      },
    };
  };
  return {
    url: at(address.port),
    async failOver(behindMs) {
      // The standby receives nothing more.
      replication.lead(undefined);
      await new Promise((resolve) => setTimeout(resolve, behindMs));
      const [written] = await ask(primary.port, 'select pg_current_wal_lsn() as at');
      await primary.kill();
      address.lead(undefined);
      const lacking = `select pg_wal_lsn_diff('${written!['at'] as string}', pg_last_wal_receive_lsn()) as bytes`;
      const [lacks] = await ask(standby!.port, lacking);
      await ask(standby!.port, 'select pg_promote()');
      [primary, standby] = [standby!, undefined];
      address.lead(primary.port);
      return Number(lacks!['bytes']);
    },
    async settled() {
      standby ??= await startStandby();
      const follows = async () =>
        (await ask(primary.port, "select 1 from pg_stat_replication where state = 'streaming'")).length > 0;
      await eventually('replication', follows, 60_000);
    },
    async stop() {
      for (const child of children)
        if (child.exitCode === null && child.signalCode === null) {
          const over = once(child, 'exit');
          child.kill('SIGQUIT');
          await over;
        }
      address.close();
      replication.close();
      for (const one of directories) rmSync(one, { recursive: true, force: true });
    },
  };
}
