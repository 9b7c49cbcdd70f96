import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStores, startAudit, type RunningAudit } from '@sallyport/audit';
import { createKafkaAuditSink, sampleAuditRecord, type AuditSink } from '@sallyport/audit-log';
import { describeAuditStore } from '@sallyport/audit/testing';
import { startBed, type Bed } from '@sallyport/bed';
import { auditQuerySchema, serviceNames, type AuditPage, type AuditRecord, type AuditView } from '@sallyport/contracts';
import {
  createLogger,
  createServiceClient,
  createServiceIdentity,
  encodeCaller,
  readConfig,
  type ServiceClient,
} from '@sallyport/kit';
import pg from 'pg';
import { eventually } from '../harness/index.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const keys = Object.fromEntries(serviceNames.map((name) => [name, generateKeyPairSync('ed25519')])) as Record<
  (typeof serviceNames)[number],
  ReturnType<typeof generateKeyPairSync>
>;
const directory = mkdtempSync(path.join(tmpdir(), 'sallyport-audit-e2e-'));
const topic = `audit-${crypto.randomUUID()}`;
/** How long PostgreSQL may take to store thousands of events on a busy machine. */
const slow = 120_000;
let bed: Bed;

beforeAll(async () => {
  bed = await startBed({ need: ['kafka', 'postgres'] });
  if (!bed.kafka || !bed.postgres)
    throw new Error(`Kafka and PostgreSQL are not available: ${JSON.stringify(bed.missing)}`);
});
afterAll(async () => {
  await bed?.stop();
  rmSync(directory, { recursive: true });
});

describeAuditStore('PostgreSQL', async () => {
  const open = () => openStores({ postgres: bed.postgres!.url }, { logger, resolvePath: (file) => file });
  const stores = open();
  const run = async (sql: string, values: readonly unknown[]) => {
    const client = new pg.Client({ connectionString: bed.postgres!.url });
    await client.connect();
    try {
      await client.query(sql, [...values]);
    } finally {
      await client.end();
    }
  };
  return { stores, replica: open, run, close: () => stores.close() };
});

/** The configuration of an installation. Each has its own topic. */
function load(own: { topic: string; store: string } = { topic, store: `{postgres: "${bed.postgres!.url}"}` }) {
  for (const name of serviceNames)
    writeFileSync(path.join(directory, `${name}.pem`), keys[name].privateKey.export({ type: 'pkcs8', format: 'pem' }));
  const service = (name: (typeof serviceNames)[number]) =>
    `  ${name}: {keyFile: ${name}.pem, publicKey: ${keys[name].publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}${name === 'proxy' ? '' : ', listen: "127.0.0.1:0"'}}`;
  return readConfig(
    [
      'gateway: {url: "http://127.0.0.1:8443"}',
      'services:',
      ...serviceNames.map(service),
      'sessions: {memory: true}',
      `audit: {kafka: {brokers: ${JSON.stringify(bed.kafka!.brokers)}, topic: ${own.topic}}, store: ${own.store}}`,
      'identity: {providers: [{id: corp, issuer: "http://127.0.0.1:9", clientId: c, allowInsecureIssuer: true}]}',
    ].join('\n'),
    path.join(directory, 'sallyport.yaml'),
    {},
  );
}

describe('the audit service on Kafka and PostgreSQL', () => {
  let sink: AuditSink;
  const running: RunningAudit[] = [];
  const clients: ServiceClient[] = [];
  const start = async (loaded = load()) => {
    const service = await startAudit({ loaded, logger });
    running.push(service);
    return service;
  };
  const connect = (service: RunningAudit) => {
    const identity = createServiceIdentity({
      name: 'proxy',
      privateKey: keys.proxy.privateKey as never,
      now: Date.now,
    });
    const client = createServiceClient({ url: service.url, audience: 'audit', identity });
    clients.push(client);
    const callerOf = (subject: string) =>
      encodeCaller({
        session: { id: 's', kind: 'cli', expiresAt: 0 },
        privileged: false,
        clientAddress: '127.0.0.1',
        identity: {
          provider: 'corp',
          issuer: 'https://idp.example.com',
          subject,
          user: `${subject}@example.com`,
          groups: [],
          amr: [],
        },
      });
    return async (
      query: Record<string, string>,
      who: { caller: string; view: AuditView } = { caller: callerOf('carol'), view: 'all' },
    ) => {
      const { body } = await client.request({
        method: 'POST',
        path: `/v1/events?${new URLSearchParams({ order: 'oldest', limit: '1000', ...query }).toString()}`,
        headers: { 'sallyport-caller': who.caller },
        body: { view: who.view },
        timeoutMs: 8000,
      });
      return (body as AuditPage).events;
    };
  };
  const events = (count: number, session: string = crypto.randomUUID()) =>
    Array.from({ length: count }, () => sampleAuditRecord({ session }));
  const sessionOf = (records: readonly AuditRecord[]) => records[0]!.data.sallyport.sessionId!;
  /** Returns an event of `events` as a search shows it. */
  const asFound = (record: AuditRecord) => ({ ...record, result: 'ok' });

  beforeAll(() => {
    const kafka = load().config.audit.kafka as never;
    sink = createKafkaAuditSink({ service: 'test', kafka, logger, now: Date.now, publishTimeoutMs: 30_000 });
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(running.map((service) => service.close()));
    await sink?.close();
  });

  it('returns every published event, unchanged and in order, to callers who may see it', async () => {
    const service = await start();
    const query = connect(service);
    const sent = events(800);
    for (const record of sent) sink.enqueue(record);
    await eventually(
      'all events',
      async () => (await query({ session: sessionOf(sent) })).length === sent.length,
      slow,
    );
    expect(await query({ session: sessionOf(sent) })).toEqual(sent.map(asFound));
    await eventually('a service that is ready', async () => (await service.readiness.report()).ready);
  });

  it('stores an event once if it is on the topic several times', async () => {
    const query = connect(running[0]!);
    const sent = events(5);
    await Promise.all(sent.map((record) => sink.publish(record)));
    // Each time, the sink gives the event another place in its chain.
    const first = structuredClone(sent);
    for (let times = 1; times < 3; times += 1) await Promise.all(sent.map((record) => sink.publish(record)));
    const last = events(1, sessionOf(sent));
    await sink.publish(last[0]!);
    await eventually('all events', async () => (await query({ session: sessionOf(sent) })).length >= 6, slow);
    expect(await query({ session: sessionOf(sent) })).toEqual([...first, ...last].map(asFound));
  });

  it('survives a PostgreSQL that exits while it stores events', async () => {
    const query = connect(running[0]!);
    const sent = events(4000);
    for (const record of sent.slice(0, 2000)) sink.enqueue(record);
    await eventually('an event', async () => (await query({ session: sessionOf(sent) })).length > 0, slow);
    await bed.postgres!.pause();
    for (const record of sent.slice(2000)) sink.enqueue(record);
    await bed.postgres!.resume();
    const last = sent.at(-1)!;
    await eventually('the last event', async () => (await query({ auditID: last.data.auditID })).length === 1, slow);
    const found = await query({ session: sessionOf(sent) });
    expect(found.map((record) => record.id)).toEqual(sent.slice(0, 1000).map((record) => record.id));
  });

  it('answers 503 while PostgreSQL is down, and has every event when it is back', async () => {
    const [service] = running;
    const query = connect(service!);
    await bed.postgres!.pause();
    const sent = events(200);
    for (const record of sent) sink.enqueue(record);
    const begun = performance.now();
    await expect(query({})).rejects.toMatchObject({ code: 'service-unavailable', status: 503 });
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect((await service!.readiness.report()).checks.store).not.toBe('ok');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await bed.postgres!.resume();
    await eventually(
      'all events',
      async () => (await query({ session: sessionOf(sent) })).length === sent.length,
      slow,
    );
    expect(await query({ session: sessionOf(sent) })).toEqual(sent.map(asFound));
  });

  it('loses nothing when a replica exits and another takes over', async () => {
    const sent = events(3000);
    const second = await start();
    const query = connect(second);
    for (const record of sent) sink.enqueue(record);
    await eventually('an event', async () => (await query({ session: sessionOf(sent) })).length > 0, slow);
    await running.shift()!.close();
    const stores = openStores({ postgres: bed.postgres!.url }, { logger, resolvePath: (file) => file });
    const all = async () => {
      const found: AuditRecord[] = [];
      for (let after: string | undefined; ;) {
        const page = await stores.events.find(
          auditQuerySchema.parse({ session: sessionOf(sent), order: 'oldest', limit: 1000, after }),
        );
        found.push(...page.events);
        after = page.next;
        if (after === undefined) return found;
      }
    };
    await eventually('all events', async () => (await all()).length >= sent.length, slow);
    expect((await all()).map((record) => record.id).toSorted()).toEqual(sent.map((record) => record.id).toSorted());
    await stores.close();
  });

  it('shares Kafka with another installation on a separate topic, and each stores its own events', async () => {
    const loaded = load({ topic: `audit-${crypto.randomUUID()}`, store: '{embedded: ./other}' });
    const other = createKafkaAuditSink({
      service: 'test',
      kafka: loaded.config.audit.kafka as never,
      logger,
      now: Date.now,
    });
    const [ours, theirs] = [connect(running[0]!), connect(await start(loaded))];
    const [first, second] = [events(200), events(200)];
    for (const record of first) sink.enqueue(record);
    for (const record of second) other.enqueue(record);
    // The embedded database takes some seconds to open, on a busy machine longer than the timeout of a query.
    await eventually(
      'theirs',
      async () => (await theirs({ session: sessionOf(second) })).length === second.length,
      slow,
    );
    await eventually('ours', async () => (await ours({ session: sessionOf(first) })).length === first.length, slow);
    expect([await ours({ session: sessionOf(second) }), await theirs({ session: sessionOf(first) })]).toEqual([[], []]);
    await other.close();
  });
});

describe('the embedded store', () => {
  const open = (file: string) =>
    openStores({ embedded: file }, { logger, resolvePath: (name) => path.join(directory, name) });

  it('keeps its events when it is opened again in its directory', async () => {
    const record = sampleAuditRecord();
    const first = open('deep/store');
    await first.events.add([record]);
    await first.close();
    const second = open('deep/store');
    expect((await second.events.find(auditQuerySchema.parse({}))).events).toEqual([record]);
    await second.close();
  });

  it('reports that it is unavailable when its files cannot be used, instead of hanging', async () => {
    writeFileSync(path.join(directory, 'file'), 'not a directory');
    const stores = open('file');
    await expect(stores.ping()).rejects.toMatchObject({ code: 'service-unavailable' });
    await expect(stores.ping()).rejects.toMatchObject({ code: 'service-unavailable' });
    await stores.close();
  });
});
