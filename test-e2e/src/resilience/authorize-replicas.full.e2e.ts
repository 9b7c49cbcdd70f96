import { readFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import {
  describeWith,
  eventually,
  httpRequestOnce,
  startGateway,
  startPractice,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';

const senders = 8;

type Settings = { services: { authorize: { url: string; listen: string } } };

/**
 * One address for both replicas of authorize, like the address of a Service: each connection leads to the next replica,
 * also to one that is away.
 */
class ServiceAddress {
  readonly #server: Server;
  readonly #ports: readonly number[];
  readonly #open = new Set<Socket>();
  #next = 0;
  /** If set, upgrades are refused, as by a mesh that passes none. */
  refusesUpgrades = false;

  constructor(ports: readonly number[]) {
    this.#ports = ports;
    this.#server = createServer((client) => void this.#pass(client));
  }

  async listen(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #pass(client: Socket): Promise<void> {
    this.#follow(client);
    const [head] = (await once(client, 'data').catch(() => [])) as [Buffer?];
    if (!head) return;
    client.pause();
    if (this.refusesUpgrades && /^upgrade: sallyport-checks/im.test(head.toString('latin1')))
      return void client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
    const replica = connect(this.#ports[this.#next++ % this.#ports.length]!, '127.0.0.1');
    this.#follow(replica);
    replica.once('close', () => client.destroy());
    client.once('close', () => replica.destroy());
    replica.write(head);
    client.pipe(replica).pipe(client);
  }

  #follow(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    socket.on('error', () => socket.destroy());
  }

  /** Ends every connection, as a change of the Service does at some time. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  close(): void {
    this.#server.close();
    this.cut();
  }
}

describeWith(['redis', 'kafka', 'postgres'], 'two replicas of authorize behind one address', () => {
  let practice: PracticeAccess;
  let gateway: Gateway;
  let address: ServiceAddress;
  let token: string;

  beforeAll(async () => {
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      proxies: 2,
      ownAuthorize: true,
    });
    const ports = [gateway.configFile, gateway.moreProxies[0]!.configFile].map((file) =>
      Number(new URL((parse(readFileSync(file, 'utf8')) as Settings).services.authorize.url).port),
    );
    address = new ServiceAddress(ports);
    const url = await address.listen();
    gateway.reconfigure((config) => {
      (config as Settings).services.authorize.url = url;
    });
    await gateway.processes!.restart('proxy');
    token = (await gateway.login('alice@example.com')).token;
  });
  afterAll(async () => {
    await gateway?.stop();
    address?.close();
    await practice?.stop();
  });

  const replicas = () => [gateway.processes!, gateway.moreProxies[0]!.processes];
  const get = async () => (await gateway.request('/clusters/dev/api/v1/namespaces/dev/pods', { token })).status;
  const outcomes = async () => {
    const { text } = await httpRequestOnce(`http://127.0.0.1:${gateway.adminPorts['proxy']}/metrics`);
    const count = (outcome: string) =>
      Number(
        new RegExp(`^sallyport_proxy_check_connections_total{outcome="${outcome}"} (\\d+)`, 'm').exec(text)?.[1] ?? 0,
      );
    return { opened: count('opened'), silent: count('silent'), unsupported: count('unsupported') };
  };

  /** Sends requests until it is stopped. Returns how many there were, and the status of those that were refused. */
  function load() {
    const refused: number[] = [];
    let [sent, running] = [0, true];
    const send = async () => {
      while (running) {
        const status = await get();
        sent += 1;
        if (status !== 200) refused.push(status);
        await pause(1);
      }
    };
    const all = Array.from({ length: senders }, send);
    return {
      sent: () => sent,
      async stop() {
        running = false;
        await Promise.all(all);
        return { sent, refused };
      },
    };
  }
  /**
   * None should be refused. A busy machine refuses some with 503, because nothing is in time there. What goes wrong hits
   * every sender, each time that a replica is disturbed.
   */
  const expectAnswered = (what: string, { sent, refused }: { sent: number; refused: number[] }) => {
    process.stderr.write(`measured: ${sent} requests while ${what}, ${refused.length} refused\n`);
    expect(refused.filter((status) => status !== 503)).toEqual([]);
    expect(refused.length).toBeLessThanOrEqual(senders);
  };
  const more = async (running: { sent(): number }, count = 40) => {
    const until = running.sent() + count;
    await eventually(`${count} more requests`, async () => running.sent() >= until);
  };

  it('are replaced one after the other, and no request is refused', async () => {
    expect(await get()).toBe(200);
    const { opened } = await outcomes();
    expect(opened).toBeGreaterThan(0);
    const running = load();
    for (const replica of replicas()) {
      await more(running);
      await replica.stop('authorize', 'SIGTERM');
      await more(running);
      await replica.start('authorize');
    }
    await more(running);
    const result = await running.stop();
    expectAnswered('authorize was replaced', result);
    expect(await outcomes()).toMatchObject({ unsupported: 0 });
  });

  it('lose one by SIGKILL, and no request is refused', async () => {
    const running = load();
    for (const replica of replicas()) {
      await more(running);
      await replica.stop('authorize', 'SIGKILL');
      await more(running);
      await replica.start('authorize');
    }
    const result = await running.stop();
    expectAnswered('replicas of authorize were killed', result);
  });

  it('have one that accepts connections and answers nothing: requests go on by the other one', async () => {
    const running = load();
    const before = await outcomes();
    for (const replica of replicas()) {
      await more(running);
      process.kill(replica.pid('authorize')!, 'SIGSTOP');
      await more(running);
      process.kill(replica.pid('authorize')!, 'SIGCONT');
    }
    const result = await running.stop();
    expectAnswered('replicas of authorize were paused', result);
    // One of the two must have been in use.
    expect((await outcomes()).silent).toBeGreaterThan(before.silent);
  });

  it('are both paused: requests are refused with 503 and never pass, and go on afterwards', async () => {
    for (const replica of replicas()) process.kill(replica.pid('authorize')!, 'SIGSTOP');
    const refused = await Promise.all([get(), get(), get()]);
    for (const replica of replicas()) process.kill(replica.pid('authorize')!, 'SIGCONT');
    expect(refused).toEqual([503, 503, 503]);
    await eventually('requests to succeed', async () => (await get()) === 200);
  });

  it('lose all connections at once, again and again, and no request is refused', async () => {
    const running = load();
    for (let round = 0; round < 5; round += 1) {
      await more(running);
      address.cut();
    }
    const result = await running.stop();
    expectAnswered('connections were cut', result);
  });

  it('are asked by POST when something between passes no upgrades', async () => {
    address.refusesUpgrades = true;
    const running = load();
    address.cut();
    await eventually('an upgrade to be refused', async () => (await outcomes()).unsupported > 0);
    await more(running);
    address.refusesUpgrades = false;
    const { opened } = await outcomes();
    await eventually('a connection again', async () => (await outcomes()).opened > opened);
    const result = await running.stop();
    expectAnswered('no upgrades passed', result);
  });
});
