import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@sallyport/kit/testing';

/** Reports whether there is a redis-server to test against. */
export function hasRedisServer(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Returns a free port below 55,000, so that the bus port of a cluster node (10,000 higher) is valid too. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    if (port < 55_000) return port;
  }
}

async function untilListening(port: number): Promise<void> {
  await eventually(`redis-server to listen on ${port}`, async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    return true;
  });
}

/** A redis-server process of a test. */
export type RedisServer = {
  port: number;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Suspends the process: connections stay open, but nothing answers. */
  freeze(): void;
  thaw(): void;
};

/** Prepares a redis-server on a free port, without persistence. `lines` are added to its configuration file. */
export async function prepareRedisServer(
  lines: readonly string[] = [],
  args: readonly string[] = [],
): Promise<RedisServer> {
  const port = await freePort();
  let child: ChildProcess | undefined;
  let directory: string | undefined;
  return {
    port,
    async start() {
      directory = mkdtempSync(path.join(tmpdir(), 'sallyport-redis-'));
      const file = path.join(directory, 'redis.conf');
      writeFileSync(
        file,
        [
          `port ${port}`,
          'bind 127.0.0.1',
          `dir ${directory}`,
          'daemonize no',
          ...(args.includes('--sentinel') ? [] : ['save ""', 'appendonly no']),
          ...lines,
        ].join('\n'),
      );
      child = spawn('redis-server', [file, ...args], { stdio: 'ignore' });
      await untilListening(port);
    },
    async stop() {
      if (!child) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      child = undefined;
      rmSync(directory!, { recursive: true, force: true });
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}
