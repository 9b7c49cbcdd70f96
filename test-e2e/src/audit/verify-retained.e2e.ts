import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startAudit, type RunningAudit } from '@sallyport/audit';
import { createKafkaAuditSink, sampleAuditRecord, type AuditSink } from '@sallyport/audit-log';
import { toJwks, keyIdOf } from '@sallyport/audit-proof';
import { serviceNames } from '@sallyport/contracts';
import { createLogger, loadConfig } from '@sallyport/kit';
import pg from 'pg';
import { createDatabase } from '../harness/gateway-stores.ts';
import { describeWith, eventually, runCli, runDirectory, theBed } from '../harness/index.ts';

type Fault = { kind: string; producer?: string; seq?: number; to?: number };
type Report = { faults: Fault[]; events: number; since?: string; absent?: { from: string; until: string }[] };
type Row = { id: string; producer: string; seq: string; day: string };

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const today = Math.floor(Date.now() / dayMs) * dayMs;
/** The start of a day: 0 is the first one of this gateway, and 6 is today. */
const dayOf = (day: number) => today - (6 - day) * dayMs;
const dateOf = (day: number) => new Date(dayOf(day)).toISOString().slice(0, 10);

/** The audit service with a clock that the test sets, on real servers. Only the clock is not real. */
describeWith(['kafka', 'postgres'], 'the verification of a store after retention', () => {
  const logger = createLogger({ service: 'test', level: process.env['SALLYPORT_LOG_LEVEL'] ?? 'silent' });
  const checkpointKeys = generateKeyPairSync('ed25519');
  const topic = `sallyport.e2e.${crypto.randomUUID()}`;
  const producers: AuditSink[] = [];
  let [directory, database]: [string, Awaited<ReturnType<typeof createDatabase>>] = ['', undefined!];
  let service: RunningAudit | undefined;
  let offset = 0;
  const now = () => Date.now() + offset;
  const file = (name: string) => path.join(directory, name);

  async function query<T = Row>(text: string, values: unknown[] = [], url = database.url): Promise<T[]> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return (await client.query(text, values)).rows as T[];
    } finally {
      await client.end();
    }
  }
  /** Writes a configuration, with or without the legal hold of the first day. */
  function configure(name: string, isHeld: boolean, url = database.url): string {
    const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(file('checkpoints.pem'), pem(checkpointKeys.privateKey));
    const entries = serviceNames.map((one) => {
      const keys = generateKeyPairSync('ed25519');
      writeFileSync(file(`${one}.pem`), pem(keys.privateKey));
      const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      return [
        one,
        { keyFile: `${one}.pem`, publicKey, ...(one === 'proxy' ? {} : { listen: '127.0.0.1:0' }) },
      ] as const;
    });
    const config = {
      gateway: { url: 'http://127.0.0.1:8443' },
      services: Object.fromEntries(entries),
      sessions: { memory: true },
      audit: {
        kafka: { brokers: theBed().kafka!.brokers, topic },
        store: { postgres: url },
        retention: '2d',
        // So many events make the retention run at once.
        keepAnonymous: 100,
        checkpoints: { keyFile: 'checkpoints.pem', every: '1s', everyEvents: 40 },
        legalHolds: isHeld ? [{ name: 'case 1', from: dateOf(0), until: `${dateOf(0)}T12:00:00Z` }] : [],
      },
      identity: { providers: [{ id: 'corp', issuer: 'http://127.0.0.1:9', clientId: 'c', allowInsecureIssuer: true }] },
    };
    writeFileSync(file(name), JSON.stringify(config));
    return file(name);
  }
  const start = async (config: string) =>
    void (service = await startAudit({ loaded: loadConfig(config, process.env), logger, now }));
  const stop = async () => {
    await service?.close();
    service = undefined;
  };
  function newProducer(name: string): AuditSink {
    const kafka = { brokers: theBed().kafka!.brokers, topic } as never;
    const sink = createKafkaAuditSink({ service: name, kafka, logger, now });
    producers.push(sink);
    return sink;
  }
  const publish = (sink: AuditSink, count: number) =>
    Promise.all(
      Array.from({ length: count }, (_one, index) =>
        sink.publish(sampleAuditRecord({ session: `s${index % 3}`, time: now() })),
      ),
    );
  let [published, state] = [0, ''];
  /** Publishes events and waits until the audit service has signed them all. */
  const attested = () =>
    eventually(
      'the checkpoints',
      async () => {
        const [row] = await query<{ open: string; seen: string }>(
          `select count(*) filter (where seq >= first) as open, coalesce(sum(seq), 0) as seen from audit_heads where producer not like 'audit/%'`,
        );
        state = JSON.stringify({ ...row, published });
        return Number(row!.open) === 0 && Number(row!.seen) >= published;
      },
      60_000,
      () => state,
    );
  const at = (day: number, hour: number) => (offset = dayOf(day) + hour * hourMs - Date.now());
  const days = async () =>
    (
      await query<{ name: string }>(
        `select distinct to_char(time at time zone 'UTC', 'YYYY-MM-DD') as name from audit_events order by name`,
      )
    ).map(({ name }) => name);
  const rowsOf = (day: number, where = 'true') =>
    query(
      `select id, producer, seq from audit_events where time >= $1 and time < $2 and type = 'k8s.request' and ${where} order by time, producer, seq`,
      [new Date(dayOf(day)), new Date(dayOf(day + 1))],
    );

  async function verify(config: string): Promise<Report & { code: number; stderr: string }> {
    const args = ['audit', 'verify', '--store', '--config', config, '--keys', file('keys.json'), '-o', 'json'];
    const { code, stdout, stderr } = await runCli(args, { home: file('home') });
    if (stdout === '') throw new Error(`audit verify failed: ${stderr}`);
    return { ...(JSON.parse(stdout) as Report), code, stderr };
  }
  /** Verifies a copy of the store after some statements. */
  async function found(isHeld: boolean, ...statements: [text: string, ...values: unknown[]][]) {
    const name = `copy_${crypto.randomUUID().replaceAll('-', '')}`;
    const of = (database_: string) => Object.assign(new URL(database.url), { pathname: `/${database_}` }).href;
    await query(`create database ${name} template ${new URL(database.url).pathname.slice(1)}`, [], of('postgres'));
    try {
      for (const [text, ...values] of statements) await query(text, values, of(name));
      return await verify(configure('copy.json', isHeld, of(name)));
    } finally {
      await query(`drop database ${name} with (force)`, [], of('postgres'));
    }
  }
  const remove = ({ id }: Row): [string, string] => ['delete from audit_events where id = $1', id];
  const named = ({ producer, seq }: Row) => ({ producer, seq: Number(seq) });
  /** Has the retention run, and waits until it has dropped the days before. */
  async function retain(sink: AuditSink, first: string, count: number): Promise<void> {
    await publish(sink, 120);
    published += 120;
    await eventually('the retention', async () => (await days())[count - 1] === first, 90_000);
    await attested();
  }
  let lasting: AuditSink;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'retained-'));
    mkdirSync(file('home'));
    database = await createDatabase(theBed().postgres!.url);
    const { publicKey } = checkpointKeys;
    writeFileSync(file('keys.json'), JSON.stringify(toJwks(new Map([[keyIdOf(publicKey), publicKey]]))));
    const config = configure('held.json', true);
    at(0, 9);
    lasting = newProducer('proxy');
    await publish(lasting, 1);
    published += 1;
    await start(config);
    for (const day of [0, 1, 2, 3, 4, 5]) {
      at(day, day === 4 ? 9 : 10);
      const own = newProducer('proxy');
      // On the fourth day, what happened the evening before is still on the topic.
      if (day === 4) await start(config);
      for (let round = 0; round < 2; round += 1) {
        await publish(lasting, 10);
        await publish(own, 10);
        published += 20;
        await attested();
        offset += hourMs;
      }
      await own.close();
      if (day !== 3) continue;
      await stop();
      at(3, 22);
      await publish(lasting, 150);
      published += 150;
    }
    offset = 0;
    await retain(lasting, dateOf(4), 2);
    await stop();
  });
  afterAll(async () => {
    await Promise.all(producers.map((one) => one.close()));
    await stop();
    await database?.drop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is whole, and says which days retention deleted after the one of a legal hold', async () => {
    expect(await days()).toEqual([0, 4, 5, 6].map(dateOf));
    const { code, faults, absent, since, stderr } = await found(true);
    expect({ code, faults }).toEqual({ code: 0, faults: [] });
    expect(since).toBeUndefined();
    expect(absent).toEqual([{ from: `${dateOf(1)}T00:00:00.000Z`, until: `${dateOf(4)}T01:00:00.000Z` }]);
    expect(stderr).toContain(`nothing is demanded from ${dateOf(1)}T00:00:00.000Z to ${dateOf(4)}T01:00:00.000Z`);
  });

  it('names events that are missing on a day under the hold, and on the first day after the gap', async () => {
    const held = await rowsOf(0);
    const first = (await rowsOf(4, 'seq = 1'))[0]!;
    for (const row of [held[0]!, held[15]!, first]) {
      const { code, faults } = await found(true, remove(row));
      expect({ code, faults }).toMatchObject({ code: 1, faults: [{ kind: 'missing', ...named(row) }] });
    }
    const pod = held.find(({ producer }) => producer !== held[0]!.producer)!.producer;
    const { faults } = await found(true, ['delete from audit_events where producer = $1', pod]);
    expect(faults).toMatchObject([{ kind: 'producer-missing', producer: pod, seq: 1 }]);
  });

  it('names a whole day that was removed although it is not old enough', async () => {
    const { code, faults } = await found(true, [`drop table audit_events_${dateOf(5).replaceAll('-', '')}`]);
    expect(code).toBe(1);
    const [{ producer, seq }] = (await rowsOf(5, `producer in (select producer from audit_events where seq = 1)`)) as [
      Row,
    ];
    expect(faults).toContainEqual(expect.objectContaining({ producer, seq: Number(seq) }));
  });

  it('demands what is between, if the configuration has no hold', async () => {
    const { code, faults } = await found(false);
    expect(code).toBe(1);
    expect(faults).toContainEqual(expect.objectContaining({ kind: 'missing' }));
  });

  it('is whole after the hold has ended, names what it starts at, and still finds a deleted event', async () => {
    await start(configure('free.json', false));
    await retain(lasting, dateOf(4), 1);
    await stop();
    expect(await days()).toEqual([4, 5, 6].map(dateOf));
    const { code, faults, since, absent, stderr } = await found(false);
    expect({ code, faults }).toEqual({ code: 0, faults: [] });
    expect({ since, absent }).toEqual({ since: `${dateOf(4)}T01:00:00.000Z`, absent: undefined });
    expect(stderr).toContain(`retention deleted older days, so the trail is verified from`);
    const rows = await rowsOf(4);
    for (const row of [rows.find(({ seq }) => seq === '1')!, rows.at(-1)!, (await rowsOf(5))[7]!]) {
      const broken = await found(false, remove(row));
      expect(broken).toMatchObject({ code: 1, faults: [named(row)] });
    }
  });
});
