import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { pino } from 'pino';
import { createServiceIdentity, readConfig, type LoadedConfig } from '@sallyport/kit';
import { createMemorySessionStore, createMemorySingleUseStore } from '@sallyport/stores';
import { serviceNames } from '@sallyport/contracts';
import { checkAuthenticate } from './check-authenticate.ts';
import { startAuthenticate, type RunningAuthenticate } from './start-authenticate.ts';
import { recordingSink } from './testing/recording-sink.ts';

const keys = Object.fromEntries(serviceNames.map((name) => [name, generateKeyPairSync('ed25519')])) as Record<
  (typeof serviceNames)[number],
  ReturnType<typeof generateKeyPairSync>
>;
let directory: string;
let running: RunningAuthenticate | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-authenticate-'));
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  rmSync(directory, { recursive: true });
});

function load(sessions: string, gatewayUrl = 'http://127.0.0.1:8443', caFile = '') {
  for (const name of serviceNames)
    writeFileSync(path.join(directory, `${name}.pem`), keys[name].privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const service = (name: (typeof serviceNames)[number]) =>
    `  ${name}: {keyFile: ${name}.pem, publicKey: ${keys[name].publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}${name === 'proxy' ? '' : ', listen: "127.0.0.1:0"'}}`;
  return readConfig(
    [
      `gateway: {url: "${gatewayUrl}"}`,
      'services:',
      ...serviceNames.map(service),
      `sessions: ${sessions}`,
      // The port of the discard service, on which nothing listens.
      `identity: {providers: [{id: corp, issuer: "http://127.0.0.1:9", clientId: c, allowInsecureIssuer: true${caFile}}]}`,
    ].join('\n'),
    path.join(directory, 'sallyport.yaml'),
    {},
  );
}
const call = async (from: (typeof serviceNames)[number], to: string, headers: Record<string, string> = {}) => {
  const identity = createServiceIdentity({ name: from, privateKey: keys[from].privateKey as never, now: Date.now });
  return fetch(`${running!.url}${to}`, {
    headers: {
      authorization: await identity.credentialFor('authenticate'),
      'sallyport-origin': 'http://127.0.0.1:8443',
      accept: 'application/json',
      ...headers,
    },
    redirect: 'manual',
  });
};

const inRedis = '{redis: redis://redis}';
/** The faults that this service finds, apart from events that are kept in memory. */
const faultsOf = (loaded: LoadedConfig) =>
  checkAuthenticate.ofConfig(loaded).filter(({ path: at }) => at !== 'audit.kafka');

describe('the check of the configuration', () => {
  it('reports every fault of this service at once, with its line', () => {
    expect(faultsOf(load(inRedis))).toEqual([]);
    const faulty = load('{memory: true}', 'http://gate.example.com', ', caFile: missing.pem');
    rmSync(path.join(directory, 'authenticate.pem'));
    expect(faultsOf(faulty)).toEqual([
      expect.objectContaining({ path: 'services.authenticate.keyFile' }),
      expect.objectContaining({ path: 'sessions.memory' }),
      expect.objectContaining({ path: 'gateway.url', message: expect.stringContaining('must use https'), line: 1 }),
      expect.objectContaining({ path: 'identity.providers.0.caFile', message: 'cannot be read (ENOENT)' }),
    ]);
  });
});

describe('client keys', () => {
  it('are checked with the rest of the configuration', () => {
    const withKey = (file: string) =>
      load(inRedis, 'http://127.0.0.1:8443', `, clientAuth: private_key_jwt, clientKeyFile: ${file}`);
    expect(faultsOf(withKey('proxy.pem'))).toEqual([]);
    writeFileSync(path.join(directory, 'none.pem'), 'not a key');
    for (const file of ['missing.pem', 'none.pem']) {
      expect(faultsOf(withKey(file))).toEqual([
        expect.objectContaining({ path: 'identity.providers.0.clientKeyFile', line: expect.any(Number) }),
      ]);
    }
  });
});

describe('sealing keys of provider tokens', () => {
  it('are checked with the rest of the configuration', () => {
    expect(faultsOf(load(`{redis: redis://redis, encryption: {keys: [{id: a, keyFile: missing.key}]}}`))).toEqual([
      expect.objectContaining({
        path: 'sessions.encryption.keys.0.keyFile',
        message: 'cannot be read (ENOENT)',
        line: expect.any(Number),
      }),
    ]);
  });

  it('cause a warning if they are missing and sessions are in Redis', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    running = await startAuthenticate({ loaded: load('{memory: true}'), logger, audit: recordingSink() });
    await running.close();
    expect(lines.join()).not.toContain('sessions.encryption');
    running = await startAuthenticate({
      loaded: load('{redis: "redis://127.0.0.1:9"}'),
      logger,
      audit: recordingSink(),
    });
    expect(lines.join()).toContain('sessions.encryption has no keys');
    await running.close();
    lines.length = 0;
    running = await startAuthenticate({
      loaded: load(
        `{redis: "redis://127.0.0.1:9", encryption: {keys: [{id: a, key: "${Buffer.alloc(32).toString('base64')}"}]}}`,
      ),
      logger,
      audit: recordingSink(),
    });
    expect(lines.join()).not.toContain('sessions.encryption');
  });
});

describe('the running service', () => {
  it('records the sessions that ended while it did not run', async () => {
    const clock = { now: Date.now() - 3_600_000 };
    const now = () => clock.now;
    const [sessions, audit] = [createMemorySessionStore({ now }), recordingSink()];
    await sessions.create('hash', {
      version: 1,
      id: 'one',
      kind: 'cli',
      createdAt: clock.now,
      expiresAt: clock.now + 1_200_000,
      idleMs: 600_000,
      identity: { provider: 'corp', issuer: 'i', subject: 's', user: 'alice', groups: [], claims: {}, amr: [] },
    });
    clock.now += 3_600_000;
    const singleUse = createMemorySingleUseStore({ now });
    const logger = pino({ level: 'silent' });
    running = await startAuthenticate({ loaded: load('{memory: true}'), logger, audit, sessions, singleUse, now });
    await until(() => audit.records.length > 0);
    expect(audit.records).toMatchObject([
      { type: 'session.expired', data: { responseStatus: { message: 'idle' }, sallyport: { sessionId: 'one' } } },
    ]);
  });

  it('answers only the proxy', async () => {
    running = await startAuthenticate({
      loaded: load('{memory: true}'),
      logger: pino({ level: 'silent' }),
      audit: recordingSink(),
    });
    expect((await call('proxy', '/.sallyport/login')).status).toBe(200);
    expect((await call('audit', '/.sallyport/login')).status).toBe(403);
    expect((await fetch(`${running.url}/.sallyport/login`)).status).toBe(401);
    expect(await running.readiness.report()).toEqual({ ready: true, checks: { sessions: 'ok' } });
  });

  it('starts while Redis and the identity provider are down, and reports which', async () => {
    const from = performance.now();
    running = await startAuthenticate({
      loaded: load('{redis: "redis://127.0.0.1:9"}'),
      logger: pino({ level: 'silent' }),
      audit: recordingSink(),
    });
    expect(performance.now() - from).toBeLessThan(30_000);
    const login = await call('proxy', '/.sallyport/login', { accept: 'text/html' });
    expect(login.status).toBe(503);
    expect(await login.text()).toContain('identity provider corp cannot be reached');
    const asked = performance.now();
    const token = await fetch(`${running.url}/.sallyport/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'authorization_code', code: 'c', code_verifier: 'v', redirect_uri: 'r' }),
      headers: {
        authorization: await createServiceIdentity({
          name: 'proxy',
          privateKey: keys.proxy.privateKey as never,
          now: Date.now,
        }).credentialFor('authenticate'),
      },
    });
    expect(await token.json()).toMatchObject({ code: 'sessions-unavailable', status: 503 });
    expect(performance.now() - asked).toBeLessThan(20_000);
    expect((await running.readiness.report()).ready).toBe(false);
  });
});
