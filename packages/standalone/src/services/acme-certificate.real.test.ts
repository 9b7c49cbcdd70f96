import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import { Agent, get as getSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { connect, createServer as createTlsServer, type PeerCertificate, type TLSSocket } from 'node:tls';
import { createAuditBus } from '@sallyport/audit-log';
import {
  createCertificateAuthority,
  freePort,
  startBed,
  waitUntil,
  type Bed,
  type PebbleOptions,
} from '@sallyport/bed';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, createReadiness, loadServiceKeys, readConfig } from '@sallyport/kit';
import { isFullRun } from '@sallyport/kit/testing';
import { startProxy } from '@sallyport/proxy';
import { ensureServiceKeys } from '../settings/service-keys.ts';

const patient = 120_000;
const healthy = '/healthz';

/** Starts Pebble, or skips the tests on a machine that cannot have it. In CI they fail. */
async function startPebbleBed(pebble: PebbleOptions): Promise<Bed> {
  const bed = await startBed({ need: ['pebble'], pebble });
  if (bed.pebble || process.env.CI === 'true') return bed;
  const why = bed.missing.map((one) => `${one.missing}: ${one.why}`).join(', ');
  const file = process.env.SALLYPORT_SKIPS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what: 'certificates by ACME', why })}\n`);
  return bed;
}

/** Everything that gateways of these tests have logged, at the lowest level. */
const logged: string[] = [];
/** Secrets that must not be there: keys as they are in their files, without the lines around them. */
const secrets = new Set<string>();

const running: { close(): Promise<void> }[] = [];
let base: string;
let keys: ReturnType<typeof ensureServiceKeys>;

beforeAll(() => {
  base = mkdtempSync(path.join(tmpdir(), 'sallyport-acme-'));
  keys = ensureServiceKeys(path.join(base, 'keys'));
});
afterEach(async () => {
  for (const gateway of running.splice(0)) await gateway.close();
});
afterAll(() => rmSync(base, { recursive: true }));

function rememberSecrets(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.pem')) continue;
    const pem = readFileSync(path.join(entry.parentPath, entry.name), 'utf8');
    for (const [, key = ''] of pem.matchAll(/PRIVATE KEY-----\n([^-]+)-----END/g))
      for (const line of key.trim().split('\n')) secrets.add(line);
  }
}

/** Starts a gateway of its own configuration, in this process. Its other services are away. */
async function startGateway(request: { name: string; port: number; host: string; acme: object }) {
  const directory = path.join(base, request.name);
  const loaded = readConfig(
    JSON.stringify({
      gateway: {
        url: `https://${request.host}:${request.port}`,
        listen: `127.0.0.1:${request.port}`,
        tls: { acme: { agreeToTerms: true, ...request.acme } },
      },
      data: directory,
      services: Object.fromEntries(Object.entries(keys).map(([name, one]) => [name, one])),
      sessions: { memory: true },
    }),
    path.join(base, 'sallyport.yaml'),
    {},
  );
  const write = (line: string) => void logged.push(line);
  const logger = createLogger({ service: 'proxy', level: 'trace', destination: { write } });
  const metrics = createMetrics();
  const readiness = createReadiness();
  const sink = createAuditBus({ logger, now: Date.now });
  const parts = { ...loadServiceKeys(loaded, 'proxy', Date.now), loaded, logger, metrics, readiness, sink };
  const proxy = await startProxy({ ...parts, now: Date.now });
  const gateway = {
    directory,
    port: request.port,
    /** Returns the certificate that a client at this host sees now. Undefined if the handshake fails. */
    see: (host = request.host, options: object = {}) => presentedAt(request.port, host, options),
    serial: async () => (await presentedAt(request.port, request.host))?.serialNumber,
    certificateCheck: async () => (await readiness.report()).checks['certificate'],
    metric: async (name: string) =>
      Number(
        (await metrics.metrics())
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      ),
    async close() {
      rememberSecrets(directory);
      await proxy.close();
      await sink.close();
    },
  };
  running.push(gateway);
  return gateway;
}

function presentedAt(port: number, servername: string, options: object = {}): Promise<PeerCertificate | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, servername, rejectUnauthorized: false, ...options }, () => {
      resolve(socket.getPeerCertificate());
      socket.destroy();
    });
    socket.once('error', () => resolve(undefined));
  });
}

/** Asks the gateway through an agent. Returns the status, the connection and the certificate that it began with. */
async function askAt(port: number, host: string, agent: Agent) {
  const options = { agent, host: '127.0.0.1', port, servername: host, path: healthy, rejectUnauthorized: false };
  const [response] = (await once(getSecure(options), 'response')) as [IncomingMessage];
  const socket = response.socket as TLSSocket;
  const { serialNumber } = socket.getPeerCertificate();
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, socket, serialNumber };
}

const attempts = (outcome: string) => `sallyport_acme_attempts_total{outcome="${outcome}"}`;
const linesWith = (words: string) => logged.filter((line) => line.includes(words));

const tlsPort = await freePort();
const httpPort = await freePort();
const wanted = { httpPort, tlsPort, validitySeconds: 45 };
const bed = await startPebbleBed(wanted);
const macKey = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
const strict = await startPebbleBed({ httpPort, tlsPort, rejectedNonces: 30, externalAccounts: { 'kid-1': macKey } });
afterAll(async () => {
  await bed.stop();
  await strict.stop();
});
const describeWithPebble = bed.pebble && strict.pebble ? describe : describe.skip;
if (process.env.CI === 'true' && describeWithPebble !== describe)
  throw new Error(`Pebble is not available: ${JSON.stringify([...bed.missing, ...strict.missing])}`);
const acmeAt = (one: Bed, more: object = {}) => ({
  directory: one.pebble!.directory,
  caFile: one.pebble!.caFile,
  ...more,
});
const start = (name: string, host: string, acme: object = acmeAt(bed)) =>
  startGateway({ name, port: tlsPort, host, acme });

describeWithPebble('a gateway that gets its certificate by ACME', () => {
  it('answers nothing but the challenge tls-alpn-01 until it has one, and HTTP after that', async () => {
    await bed.pebble!.freeze();
    const gateway = await start('first', 'gate.pebble.test');
    expect(await gateway.see()).toBeUndefined();
    expect(await gateway.see('gate.pebble.test', { ALPNProtocols: ['acme-tls/1'] })).toBeUndefined();
    expect(await gateway.certificateCheck()).toMatch(
      /^ok \(there is no certificate from the ACME server 127\.0\.0\.1:\d+ yet\)$/,
    );
    bed.pebble!.thaw();
    await waitUntil(async () => (await gateway.see()) !== undefined, patient);
    const certificate = (await gateway.see())!;
    expect(certificate.subjectaltname).toBe('DNS:gate.pebble.test');
    expect(certificate.issuer.CN).toMatch(/^Pebble Intermediate CA/);
    expect(await gateway.certificateCheck()).toBe('ok');
    const agent = new Agent();
    expect((await askAt(tlsPort, 'gate.pebble.test', agent)).status).toBe(200);
    expect(await gateway.see('gate.pebble.test', { ALPNProtocols: ['acme-tls/1'] })).toBeUndefined();
    const expiry = await gateway.metric('sallyport_acme_certificate_expiry_timestamp_seconds');
    expect(expiry).toBe(Date.parse(certificate.valid_to) / 1000);
    expect(await gateway.metric(attempts('issued'))).toBeGreaterThanOrEqual(1);
    const [server = ''] = readdirSync(path.join(gateway.directory, 'acme'));
    const kept = path.join(gateway.directory, 'acme', server);
    for (const name of ['account.pem', 'certificate.pem'])
      expect(statSync(path.join(kept, name)).mode & 0o777).toBe(0o600);
  });

  // It waits for what is left of the lifetime of certificates, about a minute.
  if (isFullRun)
    it('renews it while connections stay open, and serves the old one while the ACME server is down', async () => {
      const gateway = await start('renewed', 'renewed.pebble.test');
      await waitUntil(async () => (await gateway.serial()) !== undefined, patient);
      const first = await gateway.serial();
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      const { socket } = await askAt(tlsPort, 'renewed.pebble.test', agent);
      await waitUntil(async () => (await gateway.serial()) !== first, patient);
      const second = await gateway.serial();
      expect(second).toMatch(/^[0-9A-F]+$/);
      const later = await askAt(tlsPort, 'renewed.pebble.test', agent);
      expect(later.socket).toBe(socket);
      expect(later).toMatchObject({ status: 200, serialNumber: first });
      agent.destroy();

      await bed.pebble!.pause();
      await waitUntil(async () => (await gateway.metric(attempts('failed'))) >= 2, patient);
      expect(await gateway.serial()).toBe(second);
      expect(linesWith('cannot be reached (ECONNREFUSED)')[0]).toMatch(
        /What to do: check gateway\.tls\.acme\.directory/,
      );
      expect(await gateway.metric(attempts('refused'))).toBe(0);
      // It has lost its accounts, its orders and its CA.
      await bed.pebble!.resume();
      await waitUntil(async () => (await gateway.serial()) !== second, patient);
      expect(await gateway.certificateCheck()).toBe('ok');
    });

  it('goes on with what it has after a restart, and asks for nothing', async () => {
    const before = await start('again', 'again.pebble.test');
    await waitUntil(async () => (await before.serial()) !== undefined, patient);
    const serial = await before.serial();
    await running.pop()!.close();
    await bed.pebble!.pause();
    try {
      const after = await start('again', 'again.pebble.test');
      expect(await after.serial()).toBe(serial);
      expect(await after.certificateCheck()).toBe('ok');
    } finally {
      await bed.pebble!.resume();
    }
  });

  it('gets none for a name that leads to another server, and says why and what to do', async () => {
    const authority = await createCertificateAuthority({ name: 'elsewhere' });
    const { certPem: cert, keyPem: key } = await authority.issue({
      commonName: 'x',
      dnsNames: ['elsewhere.pebble.test'],
    });
    const other = createTlsServer({ cert, key, ALPNProtocols: ['acme-tls/1'] }).on('tlsClientError', () => {});
    let asked = 0;
    other.on('secureConnection', (socket) => {
      asked += 1;
      socket.on('error', () => {}).end();
    });
    other.listen(tlsPort, '127.0.0.2');
    await once(other, 'listening');
    try {
      await bed.pebble!.resolve('elsewhere.pebble.test', '127.0.0.2');
      const gateway = await start('elsewhere', 'elsewhere.pebble.test');
      await waitUntil(async () => (await gateway.metric(attempts('refused'))) === 1, patient);
      expect(asked).toBeGreaterThanOrEqual(1);
      expect(await gateway.see()).toBeUndefined();
      expect(await gateway.metric(attempts('issued'))).toBe(0);
      const [line = '', ...more] = linesWith('it did not accept elsewhere.pebble.test');
      expect(more).toEqual([]);
      expect(line).toMatch(/What to do: make sure that elsewhere\.pebble\.test leads to this gateway/);
      const [server = ''] = readdirSync(path.join(gateway.directory, 'acme'));
      const refusals = readFileSync(path.join(gateway.directory, 'acme', server, 'refusals.json'), 'utf8');
      expect((JSON.parse(refusals) as { at: number[] }).at).toHaveLength(1);
    } finally {
      other.close();
    }
  });

  it('gets one with http-01, with nonces that are refused and an account at the CA, and answers nothing else there', async () => {
    const macKeyFile = path.join(base, 'mac-key');
    appendFileSync(macKeyFile, `${macKey}\n`, { mode: 0o600 });
    secrets.add(macKey);
    const gateway = await start('http', 'http.pebble.test', {
      ...acmeAt(strict, { challenge: 'http-01', httpListen: `127.0.0.1:${httpPort}` }),
      externalAccount: { keyId: 'kid-1', macKeyFile },
      email: 'operator@example.com',
      domains: ['http.pebble.test', 'second.pebble.test'],
    });
    await waitUntil(async () => (await gateway.serial()) !== undefined, patient);
    expect((await gateway.see())!.subjectaltname).toBe('DNS:http.pebble.test, DNS:second.pebble.test');
    expect(await gateway.metric(attempts('refused'))).toBe(0);
    for (const url of [
      '/',
      healthy,
      '/.well-known/acme-challenge/',
      '/.well-known/acme-challenge/x',
      '/clusters/dev',
    ]) {
      const [response] = (await once(get({ host: '127.0.0.1', port: httpPort, path: url }), 'response')) as [
        IncomingMessage,
      ];
      expect([url, response.statusCode, await text(response)]).toEqual([url, 404, 'not found\n']);
    }
  });

  it('is told by the ACME server what it lacks', async () => {
    const gateway = await start('unbound', 'unbound.pebble.test', acmeAt(strict));
    await waitUntil(async () => (await gateway.metric(attempts('refused'))) === 1, patient);
    expect(linesWith('set gateway.tls.acme.externalAccount')).toHaveLength(1);
  });

  it('is told that it does not know the CA of the ACME server', async () => {
    const { directory } = bed.pebble!;
    const gateway = await start('untrusted', 'untrusted.pebble.test', { directory });
    await waitUntil(async () => (await gateway.metric(attempts('failed'))) === 1, patient);
    expect(linesWith('set gateway.tls.acme.caFile to the CA of the ACME server')).toHaveLength(1);
  });

  it('runs once: of two that start at the same time on the same directory, one ends with the reason', async () => {
    const both = await Promise.allSettled([start('both', 'both.pebble.test'), start('both', 'both.pebble.test')]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const { reason } = both.find((one) => one.status === 'rejected') as PromiseRejectedResult;
    expect(String(reason)).toMatch(
      /another process keeps the certificate in .*acme.*: stop it, or give each process a `data`/,
    );
    const { value } = both.find((one) => one.status === 'fulfilled') as PromiseFulfilledResult<
      Awaited<ReturnType<typeof start>>
    >;
    await waitUntil(async () => (await value.serial()) !== undefined, patient);
    expect(await value.metric(attempts('issued'))).toBe(1);
  });

  it('names the setting of the http-01 listener if its port is in use, and leaves its directory free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const acme = acmeAt(bed, { challenge: 'http-01', httpListen: `127.0.0.1:${port}` });
    await expect(start('taken', 'taken.pebble.test', acme)).rejects.toThrow(
      /cannot listen on 127\.0\.0\.1:\d+ \(gateway\.tls\.acme\.httpListen\): the port is in use/,
    );
    other.close();
    await once(other, 'close');
    await start('taken', 'taken.pebble.test', acme);
  });

  it('never logs a key, at any level', () => {
    expect(logged.length).toBeGreaterThan(20);
    expect(secrets.size).toBeGreaterThan(20);
    const all = logged.join('');
    for (const secret of secrets) expect(all).not.toContain(secret);
    expect(all).not.toMatch(/PRIVATE KEY/);
  });
});
