import { connect } from 'node:net';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

export type RedisServer = ServerHandle & { url: string; port: number };

export type StartRedisOptions = {
  run: Run;
  program: string;
  /** Distinguishes several servers in one run. */
  name?: string;
  /** Another address to listen on, for pods. It then serves every client there without a password. */
  podAddress?: string | undefined;
  /** Additional arguments of redis-server. */
  args?: readonly string[];
};

/** Starts a Redis server on a free loopback port. Its data survives `pause` and `restart`. */
export async function startRedis(options: StartRedisOptions): Promise<RedisServer> {
  const name = options.name ?? 'redis';
  const port = await freePort();
  const server = new ManagedProcess({
    run: options.run,
    name,
    program: options.program,
    args: redisArguments(port, componentDirectory(options.run, name), [
      ...listening(options.podAddress),
      ...(options.args ?? []),
    ]),
    ready: () => answersPing(port),
  });
  await server.start();
  return { ...serverHandle(server), url: `redis://127.0.0.1:${port}/0`, port };
}

export function redisArguments(port: number, directory: string, more: readonly string[] = []): string[] {
  return [
    '--bind',
    '127.0.0.1',
    '--port',
    String(port),
    '--dir',
    directory,
    '--daemonize',
    'no',
    // The append-only file restores the data. Waiting for the disk would only measure the disk.
    '--save',
    '',
    '--appendonly',
    'yes',
    '--appendfsync',
    'no',
    ...more,
  ];
}

// Of several `--bind`, the last counts. The protected mode refuses clients of other addresses without a password.
function listening(podAddress: string | undefined): string[] {
  return podAddress === undefined ? [] : ['--bind', '127.0.0.1', podAddress, '--protected-mode', 'no'];
}

// It listens before it has loaded its data, and answers -LOADING until then.
function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(1000, () => end(false));
    socket
      .once('error', () => end(false))
      .once('data', (data) => end(/^(\+PONG|-NOAUTH)/.test(data.toString('latin1'))));
    socket.write('PING\r\n');
  });
}
