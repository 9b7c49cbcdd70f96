import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

/** A server with the protocol of S3, which has one bucket. */
export type VersitygwServer = ServerHandle & {
  endpoint: string;
  bucket: string;
  accessKeyId: string;
  secretAccessKey: string;
};

/** Starts versitygw on a free loopback port. Its objects are files, and survive `pause` and `restart`. */
export async function startVersitygw({ run, program }: { run: Run; program: string }): Promise<VersitygwServer> {
  const port = await freePort();
  const directory = componentDirectory(run, 'versitygw');
  const [data, sidecar] = [path.join(directory, 'data'), path.join(directory, 'sidecar')];
  const bucket = 'recordings';
  for (const each of [path.join(data, bucket), sidecar]) mkdirSync(each, { recursive: true });
  const [accessKeyId, secretAccessKey] = ['bed', 'secret-of-the-bed'];
  const server = new ManagedProcess({
    run,
    name: 'versitygw',
    program,
    args: versitygwArguments({ port, data, sidecar }),
    env: { ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
    ready: async () => (await fetch(`http://127.0.0.1:${port}/health`)).ok,
  });
  await server.start();
  return { ...serverHandle(server), endpoint: `http://127.0.0.1:${port}`, bucket, accessKeyId, secretAccessKey };
}

/** Returns the arguments. Not every file system has the attributes that it would keep what it knows of objects in. */
export function versitygwArguments(options: { port: number; data: string; sidecar: string }): string[] {
  const { port, data, sidecar } = options;
  return ['--port', `127.0.0.1:${port}`, '--health', '/health', 'posix', '--sidecar', sidecar, data];
}
