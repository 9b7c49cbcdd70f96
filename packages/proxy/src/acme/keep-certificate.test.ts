import 'reflect-metadata';
import { createPublicKey, webcrypto, X509Certificate, type KeyObject } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { createLogger, createMetrics } from '@sallyport/kit';
import { AcmeFailure } from './acme-failure.ts';
import type { KeptCertificate, Refusals } from './certificate-files.ts';
import { keepCertificate } from './keep-certificate.ts';
import { createKey } from './x509.ts';

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
  const state = {
    now: start,
    requests: [] as string[][],
    keys: [] as string[],
    renewed: 0,
    isFull: false,
    /** How far the clock of the ACME server is behind. */
    skew: 0,
    fail: undefined as Error | undefined,
    /** Issues a certificate for the key. */
    issue,
    late: new AbortController(),
    lines,
    kept: undefined as KeptCertificate | undefined,
    refusals: { at: [], waitUntil: 0, issuedAt: 0 } as Refusals,
  };
  const refuseIfFull = () => {
    if (state.isFull) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  /** Opens a keeper as a process does that starts, with what is on the disk. */
  const open = () => {
    const metrics = createMetrics();
    let running = Promise.resolve();
    let look = async () => {};
    const keeper = keepCertificate({
      files: {
        read: () => state.kept,
        async write(chain, key) {
          refuseIfFull();
          const leaf = new X509Certificate(chain);
          if (!leaf.checkPrivateKey(key)) throw new AcmeFailure('the certificate that it issued cannot be used');
          return (state.kept = { leaf, pem: chain });
        },
        refusals: () => state.refusals,
        async writeRefusals(next) {
          refuseIfFull();
          state.refusals = next;
        },
      },
      domains: ['gate.example.com'],
      async request(domains, key) {
        state.requests.push([...domains]);
        state.keys.push(key.export({ type: 'pkcs8', format: 'pem' }) as string);
        if (state.fail) throw state.fail;
        return state.issue(domains, key, state.now - state.skew);
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
      deadline: () => state.late.signal,
      every(_everyMs, work) {
        look = work;
        return { now: () => void (running = work()), close: () => running };
      },
    });
    const metric = async (name: string) =>
      Number(
        (await metrics.metrics())
          .split('\n')
          .find((line) => line.startsWith(`${name} `))
          ?.split(' ')[1],
      );
    return {
      keeper,
      metric,
      async begin() {
        keeper.start(() => (state.renewed += 1));
        await running;
      },
      /** Looks once more whether something is due, and resolves when that is done. */
      check: () => look(),
    };
  };
  return { state, open, ...open() };
}
const expiry = 'sallyport_acme_certificate_expiry_timestamp_seconds';
const attemptsOf = (outcome: string) => `sallyport_acme_attempts_total{outcome="${outcome}"}`;

describe('the certificate of the gateway', () => {
  it('is requested at the start, and renewed with another key when two thirds of its lifetime have passed', async () => {
    const { state, keeper, metric, begin, check } = rig();
    expect(keeper.fault()).toBe('there is no certificate from the ACME server ca.example yet');
    expect(await metric(expiry)).toBe(0);
    await begin();
    expect(state.renewed).toBe(1);
    expect(keeper.fault()).toBeUndefined();
    expect(await metric(expiry)).toBe((start + 90 * day) / 1000);
    state.now = start + 60 * day - minute;
    await check();
    expect(state.requests).toHaveLength(1);
    state.now = start + 60 * day;
    await check();
    await check();
    expect(state.renewed).toBe(2);
    expect(state.requests).toEqual([['gate.example.com'], ['gate.example.com']]);
    expect(new Set(state.keys).size).toBe(2);
    expect(await metric(expiry)).toBe((start + 150 * day) / 1000);
    expect(await metric(attemptsOf('issued'))).toBe(2);
  });

  it('is requested again for a new name, and not when a name goes', async () => {
    const { state, keeper, begin, check } = rig();
    await begin();
    const both = ['gate.example.com', 'dev.example.com'];
    keeper.use(both);
    await check();
    expect(state.renewed).toBe(2);
    keeper.use(['gate.example.com']);
    await check();
    expect(state.requests).toEqual([['gate.example.com'], both]);
  });

  it('stays in use while renewals fail, each with a line that says what to do', async () => {
    const { state, keeper, metric, begin, check } = rig();
    await begin();
    const before = state.kept;
    state.fail = new AcmeFailure('it did not accept gate.example.com', {
      problem: { type: 'urn:ietf:params:acme:error:dns', detail: 'NXDOMAIN\nforged: line' },
    });
    state.now = start + 60 * day;
    await check();
    await check();
    expect(state.requests).toHaveLength(2);
    expect(state.lines).toHaveLength(1);
    expect(state.lines[0]).toMatchObject({
      level: 50,
      problem: 'dns',
      retryAt: new Date(state.now + minute).toISOString(),
      expiresAt: '2027-03-01T00:00:00.000Z',
      msg: 'no certificate from the ACME server ca.example: it did not accept gate.example.com: NXDOMAIN forged: line. What to do: do this',
    });
    expect(await metric(attemptsOf('refused'))).toBe(1);
    expect(state.kept).toBe(before);
    expect(keeper.fault()).toBeUndefined();
    state.now = start + 91 * day;
    expect(keeper.fault()).toBe('the certificate expired at 2027-03-01T00:00:00.000Z');
    state.fail = undefined;
    await check();
    expect(state.renewed).toBe(2);
    expect(keeper.fault()).toBeUndefined();
  });

  it('is not requested again and again while the clock of this machine is wrong, also if it restarts', async () => {
    const { state, open, begin, check } = rig();
    state.skew = 80 * day;
    await begin();
    expect(state.renewed).toBe(1);
    await check();
    state.now += 29 * day;
    for (let restarts = 0; restarts < 3; restarts += 1) await open().begin();
    expect(state.requests).toHaveLength(1);
    state.now += day;
    await open().begin();
    expect(state.requests).toHaveLength(2);
  });

  it('is renewed in time when the clock of this machine was wrong and is right again', async () => {
    const { state, begin, check } = rig();
    state.skew = 80 * day;
    await begin();
    state.now -= state.skew;
    state.skew = 0;
    state.now += 60 * day - minute;
    await check();
    expect(state.requests).toHaveLength(1);
    state.now += minute;
    await check();
    expect(state.requests).toHaveLength(2);
  });

  it('is requested once while the disk is full, and written when there is room', async () => {
    const { state, keeper, metric, begin, check } = rig();
    state.isFull = true;
    await begin();
    expect(state.lines.at(-1)).toMatchObject({
      level: 50,
      domains: ['gate.example.com'],
      retryAt: new Date(start + minute).toISOString(),
      msg: 'the certificate that the ACME server ca.example issued cannot be written: ENOSPC: no space left on device, write. What to do: check the directory data, its free space and its permissions, and do not restart the gateway before, because it would request another one',
    });
    for (let minutes = 1; minutes < 60; minutes += 1) {
      state.now += minute;
      await check();
      await check();
    }
    expect(state.lines).toHaveLength(60);
    expect(await metric(attemptsOf('failed'))).toBe(60);
    expect(keeper.fault()).toMatch(/^there is no certificate/);
    state.isFull = false;
    state.now += minute;
    await check();
    await check();
    expect(state.renewed).toBe(1);
    expect(keeper.fault()).toBeUndefined();
    expect(state.requests).toHaveLength(1);
    expect(await metric(attemptsOf('issued'))).toBe(1);
  });

  it('is requested again if what was issued cannot be used', async () => {
    const { state, begin, check } = rig();
    state.issue = async (domains, _key, now) => issue(domains, createKey(), now);
    await begin();
    expect(state.lines[0]!['msg']).toMatch(/the certificate that it issued cannot be used\. What to do: do this/);
    state.issue = issue;
    state.now += 2 * minute;
    await check();
    expect(state.requests).toHaveLength(2);
    expect(state.renewed).toBe(1);
  });

  it('is requested later if the disk cannot keep what was refused, with a warning', async () => {
    const { state, begin, check } = rig();
    state.isFull = true;
    state.fail = new AcmeFailure('it did not accept gate.example.com', { problem: {} });
    await begin();
    expect(state.lines.map(({ level }) => level)).toEqual([50, 40]);
    expect(state.lines[1]!['msg']).toMatch(/cannot be written down/);
    [state.isFull, state.fail] = [false, undefined];
    state.now += 2 * minute;
    await check();
    expect(state.renewed).toBe(1);
  });

  it('names the time that an attempt may take if it ends the attempt', async () => {
    const { state, begin } = rig();
    state.late.abort();
    state.fail = new DOMException('The operation was aborted', 'AbortError');
    await begin();
    expect(state.lines[0]!['msg']).toBe(
      'no certificate from the ACME server ca.example: it was not done within 15 minutes. What to do: do this',
    );
  });

  it('says nothing of a request that ends because the gateway stops', async () => {
    const { state, keeper, begin } = rig();
    state.fail = new Error('aborted');
    const beginning = begin();
    await keeper.close();
    await beginning;
    expect(state.lines).toEqual([]);
  });
});
