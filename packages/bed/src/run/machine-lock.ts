import { createServer, connect, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from './progress.ts';

export type MachineLock = { release(): Promise<void> };

/**
 * Acquires a lock that one process on the machine can hold. Waits without limit and reports for which process.
 * The lock is a listening socket without a file, so the system releases it when its holder dies. Systems without such
 * sockets (macOS) have no locks. Builds are still renamed into place atomically there.
 */
export async function takeMachineLock(name: string, options: { onProgress?: Progress } = {}): Promise<MachineLock> {
  const address = socketAddress(name);
  if (address === undefined) return { release: async () => {} };
  for (let reportedAt = 0; ;) {
    const server = await tryListen(address);
    if (server) return { release: () => close(server) };
    if (Date.now() - reportedAt > 60_000) {
      reportedAt = Date.now();
      options.onProgress?.(
        `waiting for ${(await holder(address)) ?? 'another process'}, which holds ${name} on this machine`,
      );
    }
    await sleep(200);
  }
}

/** Reports whether a process holds a lock. */
export async function machineLockHeld(name: string): Promise<boolean> {
  const address = socketAddress(name);
  return address !== undefined && (await holder(address)) !== undefined;
}

function socketAddress(name: string): string | undefined {
  if (process.platform === 'linux') return `\0sallyport-bed/${name}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\sallyport-bed-${name}`;
  return undefined;
}

function tryListen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end(`process ${process.pid}`);
    });
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(address, () => resolve(server));
  });
}

function holder(address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const give = (text?: string): void => {
      socket.destroy();
      resolve(text);
    };
    socket.setEncoding('utf8').setTimeout(1000, () => give('another process'));
    socket
      .once('data', (text: string) => give(text))
      .once('error', () => give())
      .once('close', () => give());
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
