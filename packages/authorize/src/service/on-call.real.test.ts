import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ConfigFaults, createMetrics, createReadiness, createServiceVerifier, loadConfig } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemoryReplicaRegistry, createMemorySessionStore } from '@sallyport/stores';
import { createLoggerRig } from '../testing/authorize-rig.ts';
import { startAuthorize, type RunningAuthorize } from './start-authorize.ts';

let directory: string;
let server: Server;
let status: number;
let authorizations: (string | undefined)[];
let running: RunningAuthorize | undefined;
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-authorize-'));
  status = 200;
  authorizations = [];
  server = createServer((request, response) => {
    authorizations.push(request.headers.authorization);
    response.writeHead(status).end('{"users": ["bob@example.com"]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  server.closeAllConnections();
  server.close();
  rmSync(directory, { recursive: true });
});

const inDirectory = (name: string) => path.join(directory, name);
const write = (name: string, text: string) => {
  writeFileSync(inDirectory(`${name}.new`), text);
  renameSync(inDirectory(`${name}.new`), inDirectory(name));
};

async function start() {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  write('token', 'very-secret\n');
  write(
    'sallyport.yaml',
    `gateway: {url: "http://gate"}
services: {authorize: {listen: "127.0.0.1:0"}}
clusters: [{name: dev, server: "https://10.0.0.1", token: t, policy: {allow: {or: [{on_call: [primary, database]}]}}}]
onCall:
  - {name: primary, file: primary.yaml}
  - {name: database, url: "${url}", authorization: "Bearer \${file:token}", refresh: 1s, maxStale: 2s, allowInsecure: true}
`,
  );
  const { publicKey } = generateKeyPairSync('ed25519');
  const [{ logger, lines }, metrics, readiness] = [createLoggerRig(), createMetrics(), createReadiness()];
  const replicas = createMemoryReplicaRegistry({ now: Date.now });
  const parts = { replicas, metrics, readiness, logger, now: Date.now };
  running = await startAuthorize({
    ...parts,
    loaded: loadConfig(inDirectory('sallyport.yaml'), {}),
    sessions: createMemorySessionStore({ now: Date.now }),
    verifier: createServiceVerifier({ name: 'authorize', publicKeys: { proxy: publicKey }, now: Date.now }),
  });
  const { policies } = running;
  return {
    ...parts,
    lines,
    policies,
    /** The users of a list, undefined if it is not known. */
    users: (name: string) => {
      const list = policies.current().onCall?.[name];
      return list && Date.now() < (list.knownUntil ?? Infinity) ? list.users.map(({ user }) => user) : undefined;
    },
    reported: async () => (await replicas.list())[0]?.onCall ?? [],
  };
}

it('on-call lists are known before authorize listens, and follow their file and their server', async () => {
  write('primary.yaml', 'users: [alice@example.com]\n');
  const { users, reported, policies, readiness, metrics, lines } = await start();
  expect([users('primary'), users('database')]).toEqual([['alice@example.com'], ['bob@example.com']]);
  const { version } = policies.current();
  expect(lines.map(({ msg }) => msg)).not.toContainEqual(expect.stringContaining('policy warning'));

  let told = 0;
  policies.onChange(() => void (told += 1));
  const changedAt = performance.now();
  write('primary.yaml', '{"users": ["carol@example.com"]}');
  await until(() => users('primary')?.[0] === 'carol@example.com');
  process.stderr.write(`from a change of the file to its effect: ${Math.round(performance.now() - changedAt)} ms\n`);
  expect(performance.now() - changedAt).toBeLessThan(20_000);
  expect(told).toBe(1);

  write('primary.yaml', 'users: {secret: 1}\n');
  await until(async () => (await reported()).some(({ failing }) => failing !== undefined));
  expect(users('primary')).toEqual(['carol@example.com']);

  status = 500;
  await until(() => users('database') === undefined);
  await until(async () => (await reported()).some(({ known }) => !known));
  expect(await reported()).toMatchObject([
    { name: 'primary', known: true, users: 1, failing: { reason: 'line 1: users: must be a list, not a mapping' } },
    { name: 'database', known: false, failing: { reason: 'it answered 500' } },
  ]);
  const shown = await metrics.metrics();
  for (const line of ['known{list="primary"} 1', 'known{list="database"} 0', 'failing{list="database"} 1'])
    expect(shown).toContain(`sallyport_on_call_${line}`);
  expect(await readiness.report()).toMatchObject({ ready: true });
  expect(policies.current().version).toBe(version);

  status = 200;
  await until(() => users('database')?.[0] === 'bob@example.com');
  expect(new Set(authorizations)).toEqual(new Set(['Bearer very-secret']));
  expect(JSON.stringify(lines)).not.toMatch(/secret|127\.0\.0\.1/);
});

it('a faulty file at the start is a fault of the configuration', async () => {
  write('primary.yaml', 'users: alice@example.com\n');
  await expect(start()).rejects.toThrow(ConfigFaults);
});
