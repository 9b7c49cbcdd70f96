import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startBed, type Bed } from '@sallyport/bed';
import { createClocks, type Clocks } from '../chaos/set-clock.ts';
import {
  describeWith,
  eventually,
  noteSkip,
  readWholeTopic,
  startGateway,
  startPractice,
  verifyChains,
  type Gateway,
  type PracticeAccess,
} from '../harness/index.ts';
import { metricsOf } from '../policy/policy-fixture.ts';
import { configMap, timed, type Timed } from './resilience-fixture.ts';
import { createSmallDisk, type SmallDisk } from './small-disk.ts';

// The practice cluster lets developers write in this namespace.
const [pods, configMaps] = ['/api/v1/namespaces/dev/pods', '/api/v1/namespaces/dev/configmaps'] as const;

/** The spool of the gateway has a disk of its own, which these tests break. */
function tryDisk(parent: string): SmallDisk | undefined {
  try {
    return createSmallDisk(parent, 'proxy', 24);
  } catch (error) {
    noteSkip('a gateway whose disk is full, or read-only', (error as Error).message);
    return undefined;
  }
}
const spools = mkdtempSync(path.join(tmpdir(), 'sallyport-spools-'));
const disk = tryDisk(spools);
const describeOnDisk = disk ? describe : describe.skip;

describeWith(['redis', 'kafka', 'postgres'], 'a gateway with a spool, when what the audit trail needs fails', () => {
  let bed: Bed;
  let practice: PracticeAccess;
  let gateway: Gateway;
  let clocks: Clocks;
  let token: string;
  let created = 0;

  const read = () => timed(gateway, token, pods);
  const create = async () => {
    const answer = await timed(gateway, token, configMaps, { method: 'POST', body: configMap() });
    if (answer.status === 201) created += 1;
    return answer;
  };
  const opens = () => {
    let last: Timed[] = [];
    return eventually(
      'the gate to open again by itself',
      async () => {
        last = [await create(), await read()];
        return last[0]!.status === 201 && last[1]!.status === 200;
      },
      30_000,
      () => JSON.stringify(last),
    );
  };
  const metric = async (name: string) => (await metricsOf(gateway, 'proxy')).get(name);
  /** Sends reads until one is refused, and returns that one. */
  const readUntilRefused = async (): Promise<Timed> => {
    for (let sent = 0; sent < 3000; sent += 10) {
      const answers = await Promise.all(Array.from({ length: 10 }, read));
      const refused = answers.find(({ status }) => status !== 200);
      if (refused) return refused;
    }
    throw new Error('no read was refused');
  };
  /** Expects that the gateway refuses everything, and says why. */
  const expectClosed = async () => {
    for (const path of [pods, configMaps]) {
      const answer = await gateway.request(`/clusters/dev${path}`, { token });
      expect(answer.status).toBe(503);
      expect(answer.json()).toMatchObject({
        kind: 'Status',
        reason: 'ServiceUnavailable',
        message: expect.stringContaining('The audit log cannot be written'),
        details: { causes: [{ reason: 'audit-unavailable' }] },
      });
    }
    expect(await create()).toMatchObject({ status: 503, cause: 'audit-unavailable' });
  };

  beforeAll(async () => {
    clocks = createClocks();
    bed = await startBed({ need: ['redis', 'kafka', 'postgres'] });
    practice = await startPractice();
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      servers: { redis: bed.redis!.url, kafka: bed.kafka!.brokers, postgres: bed.postgres!.url },
      audit: { spool: { dir: spools, maxBytes: '4MiB' } },
      environment: clocks.environment,
    });
    token = (await gateway.login('alice@example.com')).token;
    await opens();
  });
  afterAll(async () => {
    await gateway?.stop();
    await practice?.stop();
    await bed?.stop();
    disk?.remove();
    rmSync(spools, { recursive: true, force: true });
  });

  it('Kafka slow: writes are refused within two seconds, reads go on, and both work when it answers again', async () => {
    await bed.kafka!.freeze();
    const [write, one] = [await create(), await read()];
    bed.kafka!.thaw();
    expect(write).toMatchObject({ status: 503, cause: 'audit-unavailable' });
    expect(write.ms).toBeLessThan(20_000);
    expect(one.status).toBe(200);
    expect(one.ms).toBeLessThan(20_000);
    await opens();
  });

  it('the clock of the gateway set back by 20 s: requests go on, and its chain with them', async () => {
    const pid = gateway.processes!.pid('proxy')!;
    await clocks.set(pid, -20_000);
    const answers = [await create(), await read(), await create()];
    await clocks.set(pid, 0);
    expect(answers.map(({ status }) => status)).toEqual([201, 200, 201]);
    await opens();
  });

  it('the clock of the gateway set back by an hour: closed, because the services refuse its calls, and open when it is right', async () => {
    const pid = gateway.processes!.pid('proxy')!;
    await clocks.set(pid, -3_600_000);
    const refused = await eventually(
      'a request to be refused',
      async () => {
        const answer = await read();
        return answer.status === 200 ? undefined : answer;
      },
      90_000,
    );
    await clocks.set(pid, 0);
    expect(refused).toMatchObject({ status: 503, reason: 'ServiceUnavailable' });
    await opens();
  });

  it('Kafka away until the spool is full: reads go on until then, and nothing that was answered is lost', async () => {
    await bed.kafka!.pause();
    const write = await create();
    expect(write).toMatchObject({ status: 503, cause: 'audit-unavailable' });
    expect((await read()).status).toBe(200);
    expect(await readUntilRefused()).toMatchObject({ status: 503, cause: 'audit-unavailable' });
    await expectClosed();
    const [bytes, limit] = [
      await metric('sallyport_audit_spool_bytes'),
      await metric('sallyport_audit_spool_limit_bytes'),
    ];
    expect(limit).toBe(4 * 1024 * 1024);
    expect(bytes).toBeGreaterThan(limit! / 2);
    expect(bytes).toBeLessThanOrEqual(limit!);
    expect(await metric('sallyport_audit_queue_oldest_seconds')).toBeGreaterThan(0);
    await bed.kafka!.resume();
    await opens();
    await eventually('everything to be delivered', async () => (await metric('sallyport_audit_queue_length')) === 0);
    expect(await metric('sallyport_audit_events_lost_total')).toBe(0);
  });

  describeOnDisk('on a disk', () => {
    it('that another program fills: closed, although Kafka is up, and open when there is space', async () => {
      disk!.fill();
      expect(await readUntilRefused()).toMatchObject({ status: 503 });
      await expectClosed();
      expect(await metric('sallyport_audit_spool_disk_errors')).toBeGreaterThan(0);
      disk!.empty();
      await opens();
      expect(await metric('sallyport_audit_events_lost_total')).toBe(0);
      expect(await metric('sallyport_audit_spool_lost_events')).toBe(0);
    });

    it('that becomes read-only: closed, and open with a new chain once it is repaired', async () => {
      disk!.breakIt();
      expect(await readUntilRefused()).toMatchObject({ status: 503 });
      await expectClosed();
      expect(await metric('sallyport_audit_spool_disk_errors')).toBeGreaterThan(0);
      await gateway.processes!.stop('proxy');
      await expect(gateway.processes!.start('proxy')).rejects.toThrow('exited before it was ready');
      disk!.repair();
      // What was written and not synced may be lost, and Kafka may have it. So no number is given twice.
      rmSync(path.join(disk!.mountPoint, 'session.json'));
      await gateway.processes!.start('proxy');
      await opens();
    });
  });

  it('afterwards every chain is whole, and no write was carried out that was refused', async () => {
    const answer = await gateway.request(`/clusters/dev${configMaps}`, { token });
    const names = (answer.json() as { items: { metadata: { name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    );
    expect(names.filter((name) => name.startsWith('c-'))).toHaveLength(created);
    await gateway.processes!.stop('proxy');
    const messages = await readWholeTopic(gateway.kafka!);
    const report = verifyChains(messages);
    expect(report).toMatchObject({ unchained: 0, faults: [] });
  });
});
