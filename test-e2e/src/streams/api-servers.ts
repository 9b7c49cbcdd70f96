import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCertificateAuthority } from '@sallyport/bed';
import { runDirectory } from '../harness/index.ts';

type Note = { what: 'listens' | 'took' | 'refused'; id?: string; port: number; http2?: boolean };
type Command = 'goaway' | 'goawayWithError' | 'refuse' | 'reset' | 'end';

/** What the servers have reported of the request with a number. */
export type Arrivals = { took: number; refused: number; http2: boolean };

/** API servers behind a load balancer that passes on bytes. */
export type ApiServers = {
  /** How the gateway reaches them, as an entry of `clusters`. */
  access: { server: string; caFile: string; token: string };
  arrivals(id: number): Arrivals;
  /** Tells a server what to do. */
  tell(command: Command, which: number, argument?: number): void;
  signal(which: number, signal: NodeJS.Signals): void;
  stop(): void;
};

const program = fileURLToPath(new URL('api-server.mjs', import.meta.url));

/**
 * Starts the load balancer. It gives each connection to the next server, or to the one after it if that does not listen,
 * and ends it with the one to the server.
 */
export async function balance(ports: readonly number[]) {
  const sockets = new Set<Socket>();
  let [next, shared] = [0, 0];
  const passOn = (client: Socket, attempts = ports.length): void => {
    if (attempts === 0) return void client.destroy();
    next += 1;
    const upstream = connect(ports[next % ports.length]!, '127.0.0.1');
    const retry = () => passOn(client, attempts - 1);
    upstream.once('error', retry).once('connect', () => {
      upstream.off('error', retry);
      client.once('data', (hello: Buffer) => void (shared += hello.includes('http/1.1') ? 1 : 0));
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(one.on('error', () => {}));
        one.once('close', () => void (sockets.delete(one) && other.destroy()));
        one.pipe(other);
      }
    });
  };
  const server = createServer((client) => passOn(client.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    /** Returns how many connections have named protocols, as only those for watches do. */
    shared: () => shared,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Starts as many API servers as given, and a load balancer in front of them. */
export async function startApiServers(count: number): Promise<ApiServers> {
  const authority = await createCertificateAuthority({ name: 'api servers' });
  const { certPem: cert, keyPem: key } = await authority.issue({
    commonName: 'api server',
    ipAddresses: ['127.0.0.1'],
    server: true,
  });
  const caFile = path.join(mkdtempSync(path.join(runDirectory(), 'api-servers-')), 'ca.crt');
  writeFileSync(caFile, authority.caPem);
  const seen = new Map<number, Arrivals>();
  const arrivals = (id: number) => {
    const known = seen.get(id) ?? { took: 0, refused: 0, http2: false };
    seen.set(id, known);
    return known;
  };
  const start = async (): Promise<{ child: ChildProcess; port: number }> => {
    const child = fork(program, [JSON.stringify({ cert, key })]);
    const port = new Promise<number>((resolve) => {
      child.on('message', (note: Note) => {
        if (note.what === 'listens') return resolve(note.port);
        const of = arrivals(Number(note.id));
        of[note.what] += 1;
        of.http2 ||= note.http2 ?? false;
      });
    });
    return { child, port: await port };
  };
  const servers = await Promise.all(Array.from({ length: count }, start));
  const balancer = await balance(servers.map(({ port }) => port));
  return {
    access: { server: `https://127.0.0.1:${balancer.port}`, caFile, token: 'token-of-the-gateway-itself' },
    arrivals,
    tell: (command, which, argument) => void servers[which]!.child.send([command, argument]),
    signal: (which, signal) => void servers[which]!.child.kill(signal),
    stop() {
      balancer.close();
      for (const { child } of servers) child.kill('SIGKILL');
    },
  };
}
