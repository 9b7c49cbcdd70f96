import { connect } from 'node:net';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

export type RedisServer = ServerHandle & { url: string; port: number };

/**
 * Starts a Redis server on a free loopback port. Its data survives `pause` and `restart`. With `podAddress`, it listens
 * there too, and serves every client there without a password.
 */
export async function startRedis(options: {
  run: Run;
  program: string;
  podAddress?: string | undefined;
}): Promise<RedisServer> {
  const port = await freePort();
  const directory = componentDirectory(options.run, 'redis');
  const server = new ManagedProcess({
    run: options.run,
    name: 'redis',
    program: options.program,
    args: redisArguments(port, directory, listening(options.podAddress)),
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
