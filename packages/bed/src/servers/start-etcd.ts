import { flags } from '../run/command.ts';
import { freePort } from '../run/free-port.ts';
import { ManagedProcess } from '../run/managed-process.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';
import { serverHandle, type ServerHandle } from './server-handle.ts';

export type EtcdServer = ServerHandle & { url: string };

/** Starts a single etcd on free loopback ports. */
export async function startEtcd(options: { run: Run; program: string }): Promise<EtcdServer> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peerUrl = `http://127.0.0.1:${await freePort()}`;
  const server = new ManagedProcess({
    run: options.run,
    name: 'etcd',
    program: options.program,
    args: flags({
      name: 'bed',
      'data-dir': componentDirectory(options.run, 'etcd'),
      'listen-client-urls': url,
      'advertise-client-urls': url,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': `bed=${peerUrl}`,
      // The data does not have to survive a reboot.
      'unsafe-no-fsync': 'true',
      'log-level': 'warn',
    }),
    ready: async () => (await fetch(`${url}/readyz`)).ok,
  });
  await server.start();
  return { ...serverHandle(server), url };
}
