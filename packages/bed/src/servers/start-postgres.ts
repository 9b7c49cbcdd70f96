import { randomBytes } from 'node:crypto';
import { appendFileSync, chownSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { flags, runCommand } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

export type PostgresServer = ServerHandle & { url: string; port: number };

type User = { uid: number; gid: number };

/** Starts a PostgreSQL server with an empty database. `program` is `postgres`, which has `initdb` next to it. */
export async function startPostgres(options: {
  run: Run;
  program: string;
  /** Another address to listen on, for pods. */
  podAddress?: string | undefined;
}): Promise<PostgresServer> {
  const directory = componentDirectory(options.run, 'postgres');
  const user = unprivilegedUser();
  const password = randomBytes(12).toString('hex');
  const data = path.join(directory, 'data');
  await initialise(options.program, { directory, data, password, user });
  if (options.podAddress !== undefined)
    appendFileSync(path.join(data, 'pg_hba.conf'), `host all all ${options.podAddress}/24 scram-sha-256\n`);
  const port = await freePort();
  const server: ManagedProcess = new ManagedProcess({
    run: options.run,
    name: 'postgres',
    program: options.program,
    user,
    args: postgresArguments({ port, data, podAddress: options.podAddress }),
    ready: () => server.log().includes('database system is ready to accept connections'),
    // Ends sessions at once. The default waits for the last client.
    stopSignal: 'SIGINT',
    // SIGKILL would leave its child processes and shared memory behind.
    orphanSignal: 'SIGQUIT',
  });
  await server.start();
  return { ...serverHandle(server), url: `postgres://sallyport:${password}@127.0.0.1:${port}/postgres`, port };
}

export function postgresArguments(options: { port: number; data: string; podAddress?: string | undefined }): string[] {
  const settings = {
    listen_addresses: ['127.0.0.1', ...(options.podAddress === undefined ? [] : [options.podAddress])].join(','),
    port: options.port,
    unix_socket_directories: '',
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    max_connections: 50,
    shared_buffers: '32MB',
    log_destination: 'stderr',
    logging_collector: 'off',
  };
  return ['-D', options.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

async function initialise(
  program: string,
  options: { directory: string; data: string; password: string; user: User | undefined },
): Promise<void> {
  const passwordFile = path.join(options.directory, 'password');
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  const cluster = { pgdata: options.data, username: 'sallyport', pwfile: passwordFile };
  const args = [...flags({ ...cluster, auth: 'scram-sha-256', encoding: 'UTF8' }), '--no-locale', '--no-sync'];
  const initdb = path.join(path.dirname(program), 'initdb');
  if (!options.user) return void (await runCommand(initdb, args, { cwd: options.directory }));
  const { uid, gid } = options.user;
  chownSync(options.directory, uid, gid);
  chownSync(passwordFile, uid, gid);
  const drop = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups', '--'];
  await runCommand('setpriv', [...drop, initdb, ...args], { cwd: options.directory });
}

// PostgreSQL refuses to run as root. The Debian package creates a user for it.
function unprivilegedUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const passwd = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = passwd.find(([name]) => name === 'postgres') ?? passwd.find(([name]) => name === 'nobody');
  if (!entry) throw new Error('PostgreSQL does not run as root, and there is no user "postgres" or "nobody"');
  return { uid: Number(entry[2]), gid: Number(entry[3]) };
}
