import 'reflect-metadata';
import { createPublicKey, webcrypto, X509Certificate, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { createLogger, createMetrics } from '@sallyport/kit';
import { until } from '../testing/until.ts';
import { AcmeFailure } from './acme-failure.ts';
import type { KeptCertificate, Refusals } from './certificate-files.ts';
import { keepCertificate } from './keep-certificate.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const start = Date.parse('2026-12-01T00:00:00Z');
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const issuer = await webcrypto.subtle.generateKey(ecdsa, true, ['sign', 'verify']);

/** Issues a certificate for 90 days, as an ACME server does. */
async function issue(domains: readonly string[], key: KeyObject, now: number): Promise<string> {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const certificate = await x509.X509CertificateGenerator.create({
    subject: '',
    issuer: 'CN=test',
    publicKey: await webcrypto.subtle.importKey('spki', new Uint8Array(spki), ecdsa, true, ['verify']),
    signingKey: issuer.privateKey,
    signingAlgorithm: ecdsa,
    serialNumber: '41',
    notBefore: new Date(now),
    notAfter: new Date(now + 90 * day),
    extensions: [new x509.SubjectAlternativeNameExtension(domains.map((value) => ({ type: 'dns', value }) as const))],
  });
  return certificate.toString('pem');
}

function rig() {
  const lines: Record<string, unknown>[] = [];
  const metrics = createMetrics();
  const state = {
    now: start,
    requests: [] as string[][],
    keys: [] as string[],
    renewed: 0,
    isFull: false,
    /** How far the clock of the ACME server is behind. */
    skew: 0,
    fail: undefined as Error | undefined,
    lines,
    kept: undefined as KeptCertificate | undefined,
  };
  let refusals: Refusals = { at: [], waitUntil: 0 };
  const keeper = keepCertificate({
    files: {
      read: () => state.kept,
      write: async (chain) => (state.kept = { leaf: new X509Certificate(chain), pem: chain }),
      refusals: () => refusals,
      async writeRefusals(next) {
        if (state.isFull) throw new Error('ENOSPC');
        refusals = next;
      },
    },
    domains: ['gate.example.com'],
    async request(domains, key) {
      state.requests.push([...domains]);
      state.keys.push(key.export({ type: 'pkcs8', format: 'pem' }) as string);
      if (state.fail) throw state.fail;
      return issue(domains, key, state.now - state.skew);
    },
    advise: () => 'do this',
    server: 'ca.example',
    logger: createLogger({
      service: 'proxy',
      level: 'warn',
      destination: { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    }),
    metrics,
    now: () => state.now,
    random: () => 0.5,
    everyMs: 1,
  });
  const turns = () => new Promise((resolve) => setTimeout(resolve, 30));
  const metric = async (name: string) =>
    Number(
      (await metrics.metrics())
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
  return { state, keeper, metric, turns, begin: () => keeper.start(() => (state.renewed += 1)) };
}
const expiry = 'sallyport_acme_certificate_expiry_timestamp_seconds';
const attemptsOf = (outcome: string) => `sallyport_acme_attempts_total{outcome="${outcome}"}`;

describe('the certificate of the gateway', () => {
  it('is requested at the start, and renewed with another key when two thirds of its lifetime have passed', async () => {
    const { state, keeper, metric, turns, begin } = rig();
    expect(keeper.fault()).toBe('there is no certificate from the ACME server ca.example yet');
    expect(await metric(expiry)).toBe(0);
    begin();
    await until(() => state.renewed === 1);
    expect(keeper.fault()).toBeUndefined();
    expect(await metric(expiry)).toBe((start + 90 * day) / 1000);
    state.now = start + 60 * day - minute;
    await turns();
    expect(state.requests).toHaveLength(1);
    state.now = start + 60 * day;
    await until(() => state.renewed === 2);
    await turns();
    expect(state.requests).toEqual([['gate.example.com'], ['gate.example.com']]);
    expect(new Set(state.keys).size).toBe(2);
    expect(await metric(expiry)).toBe((start + 150 * day) / 1000);
    expect(await metric(attemptsOf('issued'))).toBe(2);
    await keeper.close();
  });

  it('is requested again for a new name, and not when a name goes', async () => {
    const { state, keeper, turns, begin } = rig();
    begin();
    await until(() => state.renewed === 1);
    const both = ['gate.example.com', 'dev.example.com'];
    keeper.use(both);
    await until(() => state.renewed === 2);
    keeper.use(['gate.example.com']);
    await turns();
    expect(state.requests).toEqual([['gate.example.com'], both]);
    await keeper.close();
  });

  it('stays in use while renewals fail, each with a line that says what to do', async () => {
    const { state, keeper, metric, turns, begin } = rig();
    begin();
    await until(() => state.renewed === 1);
    const before = state.kept;
    state.fail = new AcmeFailure('it did not accept gate.example.com', {
      problem: { type: 'urn:ietf:params:acme:error:dns', detail: 'NXDOMAIN\nforged: line' },
    });
    state.now = start + 60 * day;
    await until(() => state.lines.length === 1);
    await turns();
    expect(state.requests).toHaveLength(2);
    expect(state.lines[0]).toMatchObject({
      level: 50,
      problem: 'dns',
      retryAt: new Date(state.now + minute).toISOString(),
      expiresAt: '2027-03-01T00:00:00.000Z',
      msg: 'no certificate from the ACME server ca.example: it did not accept gate.example.com: NXDOMAIN forged: line. What to do: do this',
    });
    await until(async () => (await metric(attemptsOf('refused'))) === 1);
    expect(state.kept).toBe(before);
    expect(keeper.fault()).toBeUndefined();
    state.now = start + 91 * day;
    expect(keeper.fault()).toBe('the certificate expired at 2027-03-01T00:00:00.000Z');
    state.fail = undefined;
    await until(() => state.renewed === 2);
    expect(keeper.fault()).toBeUndefined();
    await keeper.close();
  });

  it('is not requested again and again while the clock of this machine is wrong', async () => {
    const { state, keeper, turns, begin } = rig();
    state.skew = 80 * day;
    begin();
    await until(() => state.renewed === 1);
    await turns();
    state.now += 29 * day;
    await turns();
    expect(state.requests).toHaveLength(1);
    await keeper.close();
  });

  it('survives a disk that cannot be written, and says so', async () => {
    const { state, keeper, metric, begin } = rig();
    state.fail = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    state.isFull = true;
    begin();
    await until(() => state.lines.length === 1);
    expect(state.lines[0]!['msg']).toMatch(/ENOSPC.*check the directory data/);
    await until(async () => (await metric(attemptsOf('failed'))) === 1);
    state.fail = new AcmeFailure('it did not accept gate.example.com', { problem: {} });
    state.now += 10 * minute;
    await until(() => state.lines.length === 3);
    expect(state.lines[2]!['msg']).toMatch(/cannot be written down/);
    state.fail = undefined;
    state.now += 10 * minute;
    await until(() => state.renewed === 1);
    await keeper.close();
  });

  it('says nothing of a request that ends because the gateway stops', async () => {
    const { state, keeper, begin } = rig();
    state.fail = new Error('aborted');
    begin();
    await keeper.close();
    expect(state.lines).toEqual([]);
  });
});
