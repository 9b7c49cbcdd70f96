import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAuditBus, openAuditLog, readTrailLine, sampleAuditRecord } from '@sallyport/audit-log';
import { createVerifier, hashCheckpoint, keyIdOf } from '@sallyport/audit-proof';
import { serviceNames, type AuditPage, type AuditRecord } from '@sallyport/contracts';
import {
  ConfigFaults,
  createLogger,
  createServiceClient,
  createServiceIdentity,
  encodeCaller,
  ProblemError,
  readConfig,
} from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { checkAudit } from './check-audit.ts';
import { startAudit, type RunningAudit } from './start-audit.ts';
import type { AuditStores } from './stores/open-stores.ts';

const keys = Object.fromEntries(serviceNames.map((name) => [name, generateKeyPairSync('ed25519')])) as Record<
  (typeof serviceNames)[number],
  ReturnType<typeof generateKeyPairSync>
>;
const logger = createLogger({ service: 'audit', level: 'silent' });
let directory: string;
let running: RunningAudit | undefined;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-audit-'));
});
afterEach(async () => {
  await running?.close();
  running = undefined;
  rmSync(directory, { recursive: true });
});

function configText(audit: string, key = 'audit.pem'): string {
  for (const name of serviceNames)
    writeFileSync(path.join(directory, `${name}.pem`), keys[name].privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const service = (name: (typeof serviceNames)[number]) =>
    `  ${name}: {keyFile: ${name === 'audit' ? key : `${name}.pem`}, publicKey: ${keys[name].publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}${name === 'proxy' ? '' : ', listen: "127.0.0.1:0"'}}`;
  return [
    'gateway: {url: "http://127.0.0.1:8443"}',
    'services:',
    ...serviceNames.map(service),
    'sessions: {memory: true}',
    `audit: ${audit}`,
    'identity: {providers: [{id: corp, issuer: "http://127.0.0.1:9", clientId: c, allowInsecureIssuer: true}]}',
  ].join('\n');
}
const load = (audit: string, key?: string) =>
  readConfig(configText(audit, key), path.join(directory, 'sallyport.yaml'), {});

/** Stores in memory that can be made unavailable. */
function createListStores() {
  const held: AuditRecord[] = [];
  const state = { isDown: false };
  const used = <T>(answer: T) =>
    state.isDown ? Promise.reject(new ProblemError('service-unavailable', 'down')) : Promise.resolve(answer);
  const stores: AuditStores = {
    events: {
      add: async (records) => {
        await used(undefined);
        held.push(...records.filter((record) => !held.some((one) => one.id === record.id)));
      },
      positions: () => used(new Map<number, number>()),
      find: () => used({ events: held }),
      trim: () => used(0),
      prepare: () => used(undefined),
      partitions: () => used([]),
    },
    reports: {
      summary: () => Promise.reject(new Error('not used')),
      report: () => Promise.reject(new Error('not used')),
      elevationUses: () => Promise.reject(new Error('not used')),
      elevationSteps: () => Promise.reject(new Error('not used')),
    },
    recordings: {
      list: () => used({ found: [], more: false }),
      find: () => used(undefined),
      claimSilent: () => used([]),
    },
    ping: () => used(undefined),
    join: {
      lease: () => used(false),
      release: () => used(undefined),
      open: () => used([]),
      gatewayEvents: () => used([]),
      arrivals: () => used([]),
      gatewayAccounts: () => used({ known: [] }),
      folds: () => used([]),
      record: () => used(undefined),
      unseen: () => used(undefined),
      recordedKinds: () => used(new Set<string>()),
      seenSince: () => used(undefined),
      recordMissing: () => used(undefined),
      claimAlerts: () => used([]),
      markTold: () => used(undefined),
      forget: () => used(undefined),
    },
    clusterEvents: { add: () => used(undefined), find: () => used([]) },
    proof: {
      isNew: () => used(false),
      continueFrom: () => used(undefined),
      publishedSince: () => used([]),
      advance: () => used(undefined),
      producersSince: () => used([]),
      claimGaps: () => used([]),
      closeGap: () => used(undefined),
      unattested: () => used([]),
      latest: () => used({ last: undefined, number: 0 }),
      addCheckpoint: () => used(true),
      markPublished: () => used(undefined),
      markAnchored: () => used(undefined),
      claimUnpublished: () => used([]),
      unanchored: () => used([]),
      forget: () => used(undefined),
    },
    close: async () => undefined,
  };
  return { stores, held, state };
}

const caller = encodeCaller({
  session: { id: 's', kind: 'cli', expiresAt: 0 },
  privileged: true,
  clientAddress: '127.0.0.1',
  identity: { provider: 'corp', issuer: 'i', subject: 'carol', user: 'carol', groups: [], amr: [] },
});

describe('the audit service with a log in files', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const readTrail = () => {
    const trail = path.join(directory, 'data', 'trail');
    return readdirSync(trail)
      .filter((name) => name.endsWith('.ndjson'))
      .flatMap((name) => readFileSync(path.join(trail, name), 'utf8').split('\n').slice(0, -1))
      .map((line) => (readTrailLine(line) as { record: AuditRecord }).record);
  };
  const signed = () =>
    readTrail().flatMap(({ data }) => (data.sallyport.checkpoint?.signature ? [data.sallyport.checkpoint] : []));

  it('publishes its checkpoints to the files, and continues them and its store after a restart', async () => {
    writeFileSync(path.join(directory, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
    for (const round of [1, 2]) {
      const loaded = load(
        '{store: {embedded: ./store}, checkpoints: {keyFile: key.pem, every: 1s, everyEvents: 1}}\ndata: ./data',
      );
      const log = await openAuditLog(loaded.config, {
        logger,
        now: Date.now,
        resolvePath: loaded.resolvePath,
        publishTimeoutMs: 60_000,
      });
      running = await startAudit({ loaded, logger, log });
      const before = signed().length;
      await log.publish(sampleAuditRecord());
      await until(() => signed().length > before);
      await log.close();
      await running.close();
      running = undefined;
      expect(signed().length).toBeGreaterThanOrEqual(round);
    }
    const checkpoints = signed();
    for (const [index, { number, previous }] of checkpoints.entries()) {
      expect(number).toBe(index + 1);
      if (index > 0) expect(previous).toBe(hashCheckpoint(checkpoints[index - 1]!));
    }
    const verifier = createVerifier({ keys: new Map([[keyIdOf(publicKey), publicKey]]) });
    for (const [position, record] of readTrail().entries())
      verifier.add({ ...record, place: { source: 'trail', position } });
    expect(verifier.finish().faults).toEqual([]);
  });
});

describe('the audit service with the bus of its process', () => {
  it('stores an event before it is acknowledged, and answers queries', async () => {
    const bus = createAuditBus({ logger, now: Date.now });
    const { stores, state, held } = createListStores();
    running = await startAudit({ loaded: load('{kafka: {memory: true}}'), logger, log: bus, stores });
    const identity = createServiceIdentity({
      name: 'proxy',
      privateKey: keys.proxy.privateKey as never,
      now: Date.now,
    });
    const client = createServiceClient({ url: running.url, audience: 'audit', identity });
    const query = () =>
      client.request({
        method: 'POST',
        path: '/v1/events',
        headers: { 'sallyport-caller': caller },
        body: { view: 'all' },
      });

    const record = sampleAuditRecord();
    await bus.publish(record);
    expect(((await query()).body as AuditPage).events).toEqual([{ ...record, result: 'ok' }]);
    expect(await running.readiness.report()).toEqual({ ready: true, checks: { store: 'ok', events: 'ok' } });

    // A person may have 64 KiB of groups and send a query as long as the gateway's limit for a head. The internal call
    // carries both.
    const groups = Array.from({ length: 1000 }, (_none, index) => `group-${index}-${'x'.repeat(50)}`);
    const asMember = encodeCaller({
      session: { id: 's', kind: 'cli', expiresAt: 0 },
      privileged: true,
      clientAddress: '127.0.0.1',
      identity: { provider: 'corp', issuer: 'i', subject: 'carol', user: 'carol', groups, amr: [] },
    });
    expect(
      (
        (
          await client.request({
            method: 'POST',
            path: '/v1/events',
            headers: { 'sallyport-caller': asMember },
            body: { view: 'all' },
          })
        ).body as AuditPage
      ).events,
    ).toEqual([{ ...record, result: 'ok' }]);
    await expect(
      client.request({
        method: 'POST',
        path: `/v1/events?user=${'x'.repeat(40_000)}`,
        headers: { 'sallyport-caller': caller },
      }),
    ).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining('user: is longer than 500 characters'),
    });

    state.isDown = true;
    const later = sampleAuditRecord();
    bus.enqueue(later);
    await expect(query()).rejects.toMatchObject({ code: 'service-unavailable', status: 503 });
    expect((await running.readiness.report()).ready).toBe(false);
    state.isDown = false;
    await until(() => held.length >= 2);
    expect(held).toEqual([record, later]);
    await bus.close();
    await client.close();
  });
});

describe('the audit service on its own', () => {
  it('starts while Kafka is down and reports that it is not ready', async () => {
    const begun = performance.now();
    running = await startAudit({
      loaded: load('{kafka: {brokers: ["127.0.0.1:9"]}}'),
      logger,
      stores: createListStores().stores,
    });
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(await running.readiness.report()).toEqual({
      ready: false,
      checks: { store: 'ok', events: 'not subscribed to Kafka' },
    });
  });

  it('does not start without Kafka, and lists all faults at once', async () => {
    await expect(
      startAudit({ loaded: load('{kafka: {memory: true}}'), logger, stores: createListStores().stores }),
    ).rejects.toThrow(ConfigFaults);
    expect(checkAudit.ofConfig(load('{kafka: {memory: true}}', 'missing.pem')).map((fault) => fault.path)).toEqual([
      'services.audit.keyFile',
      'audit.kafka',
    ]);
    expect(checkAudit.ofConfig(load('{kafka: {brokers: ["k:9092"]}}'))).toEqual([]);
  });

  it('checks its configuration from the command line', () => {
    const file = path.join(directory, 'sallyport.yaml');
    writeFileSync(file, configText('{kafka: {memory: true}}'));
    // Runs the source: Node.js strips the types, and the condition `source` resolves @sallyport/kit to its sources.
    const program = path.join(import.meta.dirname, 'main.ts');
    const check = () =>
      spawnSync(process.execPath, ['--conditions=source', program, '--config', file, '--check-config'], {
        encoding: 'utf8',
      });
    const faulty = check();
    expect(faulty.stderr).toContain('audit.kafka');
    expect(faulty.status).toBe(1);
    writeFileSync(file, configText('{kafka: {brokers: ["kafka:9092"]}}'));
    expect(check()).toMatchObject({ status: 0, stdout: expect.stringContaining('ok') });
  });
});
