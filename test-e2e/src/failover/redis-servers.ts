import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { eventually, runDirectory } from '../harness/index.ts';

const run = promisify(execFile);

/** A server with an address of its own on the loopback interface, so that it can be cut off from the others. */
export type Server = {
  address: string;
  port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops the process as it is, and lets it go on. */
  pause(): void;
  resume(): void;
  /** Lets no byte pass between this server and the others. Clients still reach it. */
  cutOff(): Promise<void>;
  heal(): Promise<void>;
};

/** Several servers that make one Redis. */
export type Topology = {
  /** What `sessions` of sallyport.yaml says about them. */
  sessions: Record<string, unknown>;
  /** Returns a master and its replicas, as the servers know them now. */
  roles(): Promise<{ master: Server; replicas: Server[] }>;
  /** Waits until every server is up, and every replica follows its master. */
  settled(): Promise<void>;
  stop(): Promise<void>;
};

const durable = ['appendonly yes', 'appendfsync always', 'maxmemory-policy noeviction', 'repl-diskless-sync-delay 0'];
const guarded = ['min-replicas-to-write 1', 'min-replicas-max-lag 10'];

/** Runs one command on a connection of its own. */
async function ask(server: Server, ...words: string[]): Promise<unknown> {
  const client = new Redis(server.port, server.address, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(words[0]!, ...words.slice(1));
  } finally {
    client.disconnect();
  }
}

/** Creates the servers of one network, 127.77.`net`.0/24. */
function createServers(net: number) {
  const directory = mkdtempSync(path.join(runDirectory(), 'redis-'));
  const network = `127.77.${net}.0/24`;
  const servers: Server[] = [];
  const rules = (address: string) => [
    ['-s', network, '-d', address],
    ['-s', address, '-d', network],
  ];
  const firewall = async (action: '-I' | '-D', address: string) => {
    for (const rule of rules(address))
      await run('iptables', ['-w', action, 'INPUT', '-i', 'lo', ...rule, '-j', 'DROP']);
  };
  const add = async (lines: readonly string[], options: { port?: number; args?: readonly string[] } = {}) => {
    const { port = 6379, args = [] } = options;
    const address = `127.77.${net}.${servers.length + 1}`;
    const home = path.join(directory, address);
    mkdirSync(home);
    const file = path.join(home, 'redis.conf');
    const own = [`bind ${address}`, `bind-source-addr ${address}`, `port ${port}`, `dir ${home}`, 'protected-mode no'];
    writeFileSync(file, [...own, ...lines].join('\n'));
    const log = openSync(path.join(home, 'log'), 'a');
    let child: ChildProcess | undefined;
    let isCut = false;
    const server: Server = {
      address,
      port,
      async start() {
        child = spawn('redis-server', [file, ...args], { stdio: ['ignore', log, log] });
        await eventually(`redis-server on ${address}`, () => ask(server, 'PING'));
      },
      async kill() {
        if (!child || child.exitCode !== null || child.signalCode !== null) return;
        const exit = once(child, 'exit');
        child.kill('SIGKILL');
        await exit;
      },
      pause: () => void child?.kill('SIGSTOP'),
      resume: () => void child?.kill('SIGCONT'),
      async cutOff() {
        await firewall('-I', address);
        isCut = true;
      },
      async heal() {
        if (isCut) await firewall('-D', address);
        isCut = false;
      },
    };
    servers.push(server);
    await server.start();
    return server;
  };
  return {
    add,
    at: (address: string) => servers.find((one) => one.address === address)!,
    async stop() {
      for (const one of servers) {
        await one.heal();
        await one.kill();
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const roleOf = async (server: Server) => (await ask(server, 'ROLE')) as [string, ...unknown[]];
const follows = async (server: Server) => {
  const [role, , , state] = await roleOf(server);
  return role === 'slave' && state === 'connected';
};

/** Starts a master with two replicas, and three Sentinels that agree on a failover within about two seconds. */
export async function startSentinels(): Promise<Topology> {
  const { add, at, stop } = createServers(1);
  const first = await add([...durable, ...guarded]);
  const all = [first];
  for (let count = 0; count < 2; count += 1)
    all.push(await add([...durable, ...guarded, `replicaof ${first.address} ${first.port}`]));
  const sentinels: Server[] = [];
  for (let count = 0; count < 3; count += 1)
    sentinels.push(
      await add(
        [
          `sentinel monitor mymaster ${first.address} ${first.port} 2`,
          'sentinel down-after-milliseconds mymaster 1500',
          'sentinel failover-timeout mymaster 6000',
        ],
        { port: 26_379, args: ['--sentinel'] },
      ),
    );
  const master = async () => {
    const [address] = (await ask(sentinels[0]!, 'SENTINEL', 'get-master-addr-by-name', 'mymaster')) as [string];
    return at(address);
  };
  const roles = async () => {
    const now = await master();
    return { master: now, replicas: all.filter((one) => one !== now) };
  };
  const urlOf = ({ address, port }: Server) => `${address}:${port}`;
  return {
    sessions: {
      redis: `redis://${urlOf(sentinels[0]!)}`,
      nodes: sentinels.slice(1).map(urlOf),
      mode: 'sentinel',
      waitForReplicas: { count: 1, timeout: '500ms' },
    },
    roles,
    async settled() {
      await eventually('two replicas that follow', async () => {
        const { master: now, replicas } = await roles();
        const [role] = await roleOf(now);
        return role === 'master' && (await Promise.all(replicas.map(follows))).every(Boolean);
      });
      await eventually('Sentinels that see all', async () => {
        const seen = await Promise.all(
          sentinels.map(async (one) => String(await ask(one, 'SENTINEL', 'ckquorum', 'mymaster'))),
        );
        return seen.every((text) => text.startsWith('OK 3'));
      });
    },
    stop,
  };
}

/** Starts a cluster of three masters with a replica each. */
export async function startRedisCluster(): Promise<Topology> {
  const { add, at, stop } = createServers(2);
  const all: Server[] = [];
  for (let count = 0; count < 6; count += 1)
    all.push(await add([...durable, ...guarded, 'cluster-enabled yes', 'cluster-node-timeout 2000'], {}));
  const nodes = all.map(({ address, port }) => `${address}:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-replicas', '1', '--cluster-yes']);
  /** The lines of CLUSTER NODES, as a server that answers sees them. */
  const lines = async () => {
    for (const one of all) {
      const text = await ask(one, 'CLUSTER', 'NODES').catch(() => undefined);
      if (typeof text === 'string')
        return text
          .trim()
          .split('\n')
          .map((line) => line.split(' '));
    }
    throw new Error('no node answers');
  };
  const roles = async () => {
    const found = await lines();
    const isUp = ([, , flags = '']: string[]) => !flags.includes('fail');
    const serverOf = ([, where = '']: string[]) => at(where.split(':')[0]!);
    const master = found.find((line) => line[2]!.includes('master') && isUp(line) && line.length > 8)!;
    return { master: serverOf(master), replicas: found.filter((line) => line[3] === master[0]).map(serverOf) };
  };
  return {
    sessions: {
      redis: `redis://${nodes[0]}`,
      nodes: nodes.slice(1),
      mode: 'cluster',
      waitForReplicas: { count: 1, timeout: '500ms' },
    },
    roles,
    async settled() {
      await eventually('a cluster without failures', async () => {
        const found = await lines();
        if (found.length !== 6 || found.some(([, , flags = '']) => flags.includes('fail'))) return false;
        const slaves = await Promise.all(all.map(follows));
        return slaves.filter(Boolean).length === 3;
      });
    },
    stop,
  };
}
