import { readFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@sallyport/bed';
import { parse } from 'yaml';
import { Closers } from '../harness/closers.ts';
import {
  createNamespace,
  describeWith,
  eventually,
  httpRequestOnce,
  realClusterAccess,
  startGateway,
  startPod,
  type Gateway,
  type MoreProxy,
  type Person,
  type RunningCommand,
  type TestNamespace,
} from '../harness/index.ts';
import { addToGateway, type PrivateCluster } from './private-cluster.ts';

type Config = { services: { proxy: { adminListen: string; peer?: object } } };
type Replica = Pick<MoreProxy, 'url' | 'configFile' | 'processes'>;

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'two replicas, one of them with a connector', () => {
  const closers = new Closers();
  let gateway: Gateway;
  /** The connector is led to the first one. */
  let replicas: [having: Replica, lacking: Replica];
  let cluster: PrivateCluster;
  let connector: RunningCommand;
  let namespace: TestNamespace;
  let alice: Person;

  const portOf = (url: string) => Number(new URL(url).port);
  const serverOf = ({ url }: Replica) => ['--server', `${url}/clusters/${cluster.name}`];
  const pods = (at: Replica) =>
    alice.tryKubectl(['get', 'pods', '-n', namespace.name, '-o', 'name', ...serverOf(at), '--request-timeout=20s']);
  const exec = (at: Replica, ...command: string[]) =>
    alice.startKubectl(['exec', '-i', 'shell', '-n', namespace.name, ...serverOf(at), '--', ...command]);
  /** Returns how many connections a replica has had another one open. */
  async function handedOver({ configFile }: Replica): Promise<number> {
    const { services } = parse(readFileSync(configFile, 'utf8')) as Config;
    const { text } = await httpRequestOnce(`http://${services.proxy.adminListen}/metrics`);
    return Number(/^sallyport_connector_dials_total\{.*result="handed-over".*\} (\d+)/m.exec(text)?.[1] ?? 0);
  }
  /** Leads the connector to the second replica, and waits until that one reaches the cluster again. */
  async function untilOther(what: string) {
    replicas = [replicas[1], replicas[0]];
    const since = performance.now();
    await eventually(`requests after ${what}`, async () => (await pods(replicas[0])).code === 0, 150_000);
    const seconds = ((performance.now() - since) / 1000).toFixed(1);
    process.stderr.write(`measured: ${what} of the replica with the connection: ${seconds} s until requests work\n`);
  }

  beforeAll(async () => {
    namespace = await createNamespace();
    closers.add(namespace.remove);
    const started = startPod(namespace.name, 'shell');
    gateway = await startGateway({ mode: 'processes', clusters: [await realClusterAccess()], proxies: 2 });
    closers.add(gateway.stop);
    const { url, configFile, processes, moreProxies } = gateway;
    replicas = [{ url, configFile, processes: processes! }, moreProxies[0]!];
    const [door, ...peers] = [await freePort(), await freePort(), await freePort()] as const;
    const way = { host: '127.0.0.1', port: door, to: () => portOf(replicas[0].url) };
    const settings = { gateway: `https://127.0.0.1:${door}`, carriers: 1 };
    cluster = await addToGateway(gateway, { settings, ways: [way] }, closers);
    gateway.reconfigure((config) => {
      const address = `127.0.0.1:${peers.shift()}`;
      (config as Config).services.proxy.peer = { listen: address, address };
    });
    for (const one of replicas) {
      await one.processes.stop('proxy');
      await one.processes.start('proxy');
    }
    connector = await cluster.startConnector();
    alice = await gateway.person('alice@example.com');
    await started;
  });
  afterAll(() => closers.run());

  it('serve requests and an exec at the other one, too, which hands them over', async () => {
    const [having, lacking] = replicas;
    await eventually('the first requests', async () => (await pods(lacking)).code === 0);
    const before = await handedOver(lacking);
    const echo = exec(lacking, 'cat');
    echo.stdin.end('x'.repeat(700_000));
    expect((await echo.ended).stdout).toHaveLength(700_000);
    expect(await handedOver(lacking)).toBeGreaterThan(before);
    expect(await pods(having)).toMatchObject({ code: 0, stdout: 'pod/shell\n' });
    expect(await handedOver(having)).toBe(0);
  });

  it('serve it at the other one again when the one with the connection is killed', async () => {
    const [having, lacking] = replicas;
    const open = exec(lacking, 'sh', '-c', 'echo begun; sleep 10000');
    await open.says(/begun/);
    await having.processes.stop('proxy', 'SIGKILL');
    await untilOther('SIGKILL');
    expect((await open.ended).code).not.toBe(0);
    await having.processes.start('proxy');
    await eventually('requests at the one that is back', async () => (await pods(having)).code === 0);
    expect(await handedOver(having)).toBeGreaterThan(0);
  });

  it('serve it at the other one again when the one with the connection hangs', async () => {
    const [having, lacking] = replicas;
    const open = exec(lacking, 'sh', '-c', 'echo begun; sleep 10000');
    await open.says(/begun/);
    const pid = having.processes.pid('proxy')!;
    process.kill(pid, 'SIGSTOP');
    try {
      await untilOther('SIGSTOP');
      expect((await open.ended).code).not.toBe(0);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(connector.stdout()).toContain('a connection to the gateway ended');
  });
});
