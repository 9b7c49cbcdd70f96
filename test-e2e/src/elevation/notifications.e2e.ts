import { mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freePort } from '@sallyport/bed';
import type { ElevationView } from '@sallyport/contracts';
import {
  describeWith,
  eventually,
  runDirectory,
  startCommand,
  startGateway,
  startPractice,
  type Gateway,
  type Person,
  type PracticeAccess,
  type RunningCommand,
} from '../harness/index.ts';
import { prodAdmin } from './prod-admin.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const secret = `whsec_${Buffer.from('planted-signing-secret-of-the-test').toString('base64')}`;
const steps = ['requested', 'approved', 'activated', 'revoked'].map((step) => `elevation.${step}`);

/** Starts the receiver of docs/elevations.md, which verifies signatures with the library of their specification. */
async function startDocumentedReceiver(): Promise<{ url: string; receiver: RunningCommand }> {
  const [, source] = /```js\n([\s\S]*?)```/.exec(readFileSync(path.join(root, 'docs/elevations.md'), 'utf8')) ?? [];
  const directory = mkdtempSync(path.join(runDirectory(), 'receiver-'));
  symlinkSync(path.join(root, 'node_modules'), path.join(directory, 'node_modules'));
  writeFileSync(path.join(directory, 'receiver.mjs'), source!);
  const port = await freePort();
  const env = { SIGNING_SECRET: secret, PORT: String(port) };
  const program = path.join(directory, 'receiver.mjs');
  const receiver = startCommand(process.execPath, [program], { env, timeoutMs: 300_000 });
  const url = `http://127.0.0.1:${port}/hook`;
  await eventually(
    'the receiver of the documentation',
    async () => (await fetch(url, { method: 'POST' })).status === 401,
  );
  return { url, receiver };
}

type Post = { id: string | undefined; at: number; body: string };

describeWith(['redis', 'kafka', 'postgres'], 'notifications of elevations', () => {
  let gateway: Gateway;
  let practice: PracticeAccess;
  let receiver: RunningCommand;
  let chat: Server;
  let [alice, bob, auditor]: Person[] = [];
  const posts: Post[] = [];
  /** What the chat does with a message, apart from remembering it; by default it takes it. */
  let onPost: (() => Promise<boolean>) | undefined;
  beforeAll(async () => {
    chat = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const id = request.headers['webhook-id'];
        posts.push({
          id: id === undefined ? undefined : String(id),
          at: Date.now(),
          body: Buffer.concat(chunks).toString(),
        });
        void (onPost?.() ?? Promise.resolve(true)).then((takes) => takes && response.writeHead(200).end());
      });
    }).listen(0, '127.0.0.1');
    await once(chat, 'listening');
    const chatUrl = `http://127.0.0.1:${(chat.address() as AddressInfo).port}/planted-path`;
    const documented = await startDocumentedReceiver();
    receiver = documented.receiver;
    const dead = `http://127.0.0.1:${await freePort()}/planted-dead-path`;
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [
        { ...practice.access, impersonate: { groups: ['developers', 'sre', 'prod-admins', 'security-auditors'] } },
      ],
      more: {
        elevations: [prodAdmin],
        notifications: [
          { name: 'dead', slack: { url: dead, allowInsecure: true } },
          { name: 'siem', webhook: { url: documented.url, secret, allowInsecure: true } },
          { name: 'raw', webhook: { url: chatUrl, secret, allowInsecure: true } },
        ],
      },
    });
    [alice, bob, auditor] = [
      await gateway.person('alice@example.com'),
      await gateway.person('bob@example.com'),
      await gateway.person('carol@example.com'),
    ];
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
    await receiver?.stop();
    chat?.closeAllConnections();
    chat?.close();
  });

  const ask = async (reason: string): Promise<string> => {
    const args = [
      'elevate',
      'prod-admin',
      '--cluster',
      'dev',
      '--for',
      '30m',
      '--reason',
      reason,
      '--no-wait',
      '-o',
      'json',
    ];
    const { code, stdout, stderr } = await alice!.cli(args);
    if (code !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as ElevationView).id;
  };
  const said = () =>
    receiver
      .stdout()
      .split('\n')
      .filter((line) => line !== '');

  it('reach a receiver that verifies them, in order, with the ids of the audit events, past a channel that is dead', async () => {
    const id = await ask('planted reason <!channel>');
    await eventually('the request at the receiver', () => said().length === 1);
    const link = said()[0]!.split(' ').at(-1)!;
    expect(link).toBe(`${gateway.url}/.sallyport/elevations/${id}`);
    // Whoever follows the link, a scanner of mails for example, changes nothing.
    for (const method of ['GET', 'HEAD'])
      expect((await gateway.request(new URL(link).pathname, { method })).status).toBeLessThan(500);
    expect((await alice!.cli(['elevations', 'show', id, '-o', 'json'])).stdout).toContain('"pending"');
    expect(await bob!.cli(['elevations', 'approve', id])).toMatchObject({ code: 0 });
    expect(await bob!.cli(['elevations', 'revoke', id])).toMatchObject({ code: 0 });
    await eventually('every step at the receiver', () => said().length === 4);
    expect(said().map((line) => line.split(' ').slice(0, 2))).toEqual(steps.map((type) => [type, 'alice@example.com']));
    // A delivery may be repeated, with the same ID.
    const ids = () => [...new Set(posts.map((post) => post.id))];
    await eventually('every step at the other channel', () => ids().length === 4);
    const events = await gateway.audit.await(
      ({ type, data }) => type.startsWith('elevation.') && data.sallyport.elevation?.id === id,
      4,
    );
    expect(ids()).toEqual(events.map((event) => event.id));
    expect(JSON.parse(posts[0]!.body)).toMatchObject({ type: steps[0], data: { elevation: { id }, link } });
  });

  it('that wait are listed for those who may see them, without any address', async () => {
    const { code, stdout } = await auditor!.cli(['notifications', 'list', '-o', 'json']);
    expect(code).toBe(0);
    const { notifications } = JSON.parse(stdout) as { notifications: Record<string, unknown>[] };
    expect(notifications).toHaveLength(4);
    expect(notifications.at(-1)).toMatchObject({
      channel: 'dead',
      state: 'waiting',
      type: 'elevation.requested',
      reason: 'it cannot be reached (ECONNREFUSED)',
    });
    expect(await alice!.cli(['notifications', 'list'])).toMatchObject({ code: 5 });
    expect((await auditor!.cli(['notifications', 'retry'])).stdout).toBe('There is nothing to send again.\n');
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.adminPorts['authorize']}/metrics`)).text();
    expect(metrics).toMatch(/sallyport_notifications_total\{channel="siem",outcome="sent"\} 4/);
    expect(metrics).toMatch(/sallyport_notifications_waiting\{channel="dead"\} 1/);
  });

  it('survive authorize being killed between sending and noting it: twice, with the same id', async () => {
    posts.length = 0;
    let killed: Promise<void> | undefined;
    onPost = async () => {
      onPost = undefined;
      // The notice may be sent before the command has its answer, which the kill must not take from it.
      await asked;
      killed = gateway.processes!.restart('authorize', 'SIGKILL');
      await killed;
      return false;
    };
    const asked = ask('once more');
    const id = await asked;
    await eventually('the message after the restart', () => posts.length >= 2, 90_000);
    await killed;
    expect(posts[1]!.id).toBe(posts[0]!.id);
    expect(posts[1]!.body).toBe(posts[0]!.body);
    // The receiver of the documentation tells people once.
    expect(said().filter((line) => line.includes(id))).toHaveLength(1);
  });

  it('never put an address, a secret or a path of a channel into a log', () => {
    const logs = path.join(gateway.directory, 'logs');
    const text = readdirSync(logs)
      .map((file) => readFileSync(path.join(logs, file), 'utf8'))
      .join('');
    expect(text).toContain('elevation');
    for (const planted of ['planted-path', 'planted-dead-path', secret, secret.slice('whsec_'.length)])
      expect(text).not.toContain(planted);
  });
});
