import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startAudit, type RunningAudit } from '@sallyport/audit';
import { openAuditLog, sampleAuditRecord } from '@sallyport/audit-log';
import { keyIdOf, toJwks } from '@sallyport/audit-proof';
import { serviceNames } from '@sallyport/contracts';
import { createLogger, loadConfig } from '@sallyport/kit';
import pg from 'pg';
import { createDatabase } from '../harness/gateway-stores.ts';
import { describeWith, eventually, runCli, runDirectory, theBed } from '../harness/index.ts';

type Report = { faults: object[]; events: number; producers: object[]; checkpoints: { count: number } };
type Imported = { sent: number; known: number; checkpoints: number };

/** A gateway that kept its trail in files and moves to Kafka and PostgreSQL. */
describeWith(['kafka', 'postgres'], 'the import of a trail in files', () => {
  const logger = createLogger({ service: 'test', level: process.env['SALLYPORT_LOG_LEVEL'] ?? 'silent' });
  const topic = `sallyport.e2e.${crypto.randomUUID()}`;
  const checkpointKeys = generateKeyPairSync('ed25519');
  const serviceKeys = serviceNames.map((name) => ({ name, ...generateKeyPairSync('ed25519') }));
  let [directory, database]: [string, Awaited<ReturnType<typeof createDatabase>>] = ['', undefined!];
  let service: RunningAudit | undefined;
  const file = (name: string) => path.join(directory, name);

  /** Writes a configuration: that of the single process, or that of the services with Kafka. */
  function configure(name: string, audit: object): string {
    const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(file('checkpoints.pem'), pem(checkpointKeys.privateKey));
    const entries = serviceKeys.map((one) => {
      writeFileSync(file(`${one.name}.pem`), pem(one.privateKey));
      const publicKey = one.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      const listen = one.name === 'proxy' ? {} : { listen: '127.0.0.1:0' };
      return [one.name, { keyFile: `${one.name}.pem`, publicKey, ...listen }] as const;
    });
    const config = {
      gateway: { url: 'http://127.0.0.1:8443' },
      data: './data',
      services: Object.fromEntries(entries),
      sessions: { memory: true },
      audit: {
        checkpoints: { keyFile: 'checkpoints.pem', every: '1s', everyEvents: 40, anchor: { file: './anchor.ndjson' } },
        ...audit,
      },
      identity: { providers: [{ id: 'corp', issuer: 'http://127.0.0.1:9', clientId: 'c', allowInsecureIssuer: true }] },
    };
    writeFileSync(file(name), JSON.stringify(config));
    return file(name);
  }
  async function cli<T>(...args: string[]): Promise<T & { code: number }> {
    const { code, stdout, stderr } = await runCli([...args, '-o', 'json'], { home: file('home') });
    if (stdout === '') throw new Error(`${args.join(' ')} failed: ${stderr}`);
    return { ...(JSON.parse(stdout) as T), code };
  }
  const verify = (...args: string[]) =>
    cli<Report>('audit', 'verify', '--keys', file('keys.json'), '--anchor', file('anchor.ndjson'), ...args);
  const importTrail = (...args: string[]) =>
    cli<Imported>('audit', 'import', '--config', file('kafka.json'), '--keys', file('keys.json'), ...args);
  const published = 300;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'import-'));
    mkdirSync(file('home'));
    database = await createDatabase(theBed().postgres!.url);
    const { publicKey } = checkpointKeys;
    writeFileSync(file('keys.json'), JSON.stringify(toJwks(new Map([[keyIdOf(publicKey), publicKey]]))));
    configure('kafka.json', {
      kafka: { brokers: theBed().kafka!.brokers, topic },
      store: { postgres: database.url },
    });
    const loaded = loadConfig(configure('files.json', {}), process.env);
    // Two processes, one after the other.
    for (let round = 0; round < 2; round += 1) {
      const log = await openAuditLog(loaded.config, { logger, now: Date.now, resolvePath: loaded.resolvePath });
      service = await startAudit({ loaded, logger, log });
      await Promise.all(
        Array.from({ length: published / 2 }, (_one, index) =>
          log.publish(sampleAuditRecord({ session: `s${index % 7}` })),
        ),
      );
      await eventually(
        'a checkpoint',
        async () => (await verify('--files', '--config', file('files.json'))).checkpoints.count > round,
      );
      await log.close();
      await service.close();
      service = undefined;
    }
  });
  afterAll(async () => {
    await service?.close();
    await database?.drop();
  });

  it('says what it would do, and writes nothing', async () => {
    const { code, sent, known } = await importTrail('--dry-run');
    expect([code, known]).toEqual([0, 0]);
    expect(sent).toBeGreaterThan(published);
  });

  it('brings every event to the topic once, also when it runs again', async () => {
    const files = await verify('--files', '--config', file('files.json'));
    const first = await importTrail();
    expect(first).toMatchObject({ code: 0, sent: files.events, known: 0 });
    expect(first.checkpoints).toBeGreaterThanOrEqual(2);
    expect(await importTrail()).toMatchObject({ code: 0, sent: 0, known: files.events, checkpoints: 0 });
    const moved = await verify('--topic', '--config', file('kafka.json'));
    expect(moved).toMatchObject({ code: 0, faults: [], events: files.events, producers: files.producers });
  });

  it('lets the audit service go on, so that topic and store pass the verification across the move', async () => {
    const before = await verify('--topic', '--config', file('kafka.json'));
    service = await startAudit({ loaded: loadConfig(file('kafka.json'), process.env), logger });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await eventually(
        'a checkpoint of the new service, after all events of the trail',
        async () => {
          const { rows } = await client.query<{ stored: string; signed: string }>(
            'select (select count(*) from audit_places) as stored, (select count(*) from audit_checkpoints) as signed',
          );
          return Number(rows[0]!.stored) > before.events && Number(rows[0]!.signed) > before.checkpoints.count;
        },
        60_000,
      );
    } finally {
      await client.end();
    }
    await service.close();
    service = undefined;
    for (const source of ['--topic', '--store']) {
      const report = await verify(source, '--config', file('kafka.json'));
      expect(report).toMatchObject({ code: 0, faults: [] });
      expect(report.checkpoints.count).toBeGreaterThan(before.checkpoints.count);
    }
  });
});
