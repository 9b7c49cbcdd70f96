import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { startCommand, type RunningCommand } from '../harness/index.ts';

const [relay, cli] = ['relay.mjs', '../../../packages/cli/bin/sallyport.js'].map((file) =>
  fileURLToPath(new URL(file, import.meta.url)),
) as [string, string];
const podDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** An address in the private network, under names, and the port of this machine behind it, which may change. */
export type Way = { host: string; port: number; names?: string[]; to: number | (() => number) };

/** A network without any link, into which nothing can dial, and programs in it. */
export type PrivateNetwork = {
  /** Starts `sallyport` in the network. */
  startCli(...args: string[]): RunningCommand;
  stop(): Promise<void>;
};

/** Passes what arrives at a socket of the file system to a port of this machine. */
async function openWay(socketFile: string, to: Way['to']): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const port = typeof to === 'number' ? to : to();
    const outside = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    inside.on('error', () => outside.destroy()).pipe(outside);
    outside.on('error', () => inside.destroy()).pipe(inside);
  });
  server.listen(socketFile);
  await once(server, 'listening');
  return server;
}

/** Creates a private network. `pod` are the files that the kubelet gives a pod. Needs root, as the bed's node does. */
export async function createPrivateNetwork(
  directory: string,
  ways: readonly Way[],
  pod: Record<'token' | 'ca.crt', string>,
): Promise<PrivateNetwork> {
  const at = (name: string) => path.join(directory, name);
  mkdirSync(at('pod'), { recursive: true });
  for (const [name, text] of Object.entries(pod)) writeFileSync(at(`pod/${name}`), text, { mode: 0o600 });
  const named = ways.filter(({ names }) => names).map(({ host, names }) => `${host} ${names!.join(' ')}`);
  writeFileSync(at('hosts'), `127.0.0.1 localhost\n${named.join('\n')}\n`);
  const listens = ways.map((way, index) => ({ ...way, socketFile: at(`way-${index}`) }));
  const servers = await Promise.all(listens.map(({ socketFile, to }) => openWay(socketFile, to)));
  const own = [...new Set(ways.map(({ host }) => host))].filter((host) => !host.startsWith('127.'));
  const script = [
    'ip link set lo up',
    ...own.map((host) => `ip address add ${host}/32 dev lo`),
    `mount --bind ${at('hosts')} /etc/hosts`,
    'mount -t tmpfs tmpfs /var/run',
    `mkdir -p ${podDirectory}`,
    `cp ${at('pod')}/* ${podDirectory}`,
    `exec ${process.execPath} ${relay} "$0"`,
  ].join(' && ');
  const inside = startCommand('unshare', ['--net', '--mount', 'sh', '-c', script, JSON.stringify(listens)], {
    timeoutMs: 1_800_000,
  });
  await inside.says(/the relay is ready/);
  const namespaces = ['net', 'mnt'].map((kind) => `/proc/${inside.pid}/ns/${kind}`);
  return {
    startCli: (...args) =>
      startCommand(
        'nsenter',
        [`--net=${namespaces[0]}`, `--mount=${namespaces[1]}`, '--', process.execPath, cli, ...args],
        { timeoutMs: 1_800_000 },
      ),
    async stop() {
      await inside.stop();
      for (const server of servers) server.close();
    },
  };
}
