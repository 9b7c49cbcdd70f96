import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import { describeWith, eventually } from '../harness/index.ts';
import { rotateKey } from './rotate-key.ts';
import { configMapsInCluster, createdInCluster, startRollingRig, type RollingRig } from './rolling-rig.ts';
import { printTable, runRow, type Row } from './rolling-table.ts';
import { evictEach, killOne, restart, services } from './service-pods.ts';

jest.setTimeout(1_200_000);

/** `SALLYPORT_ROLLING=long` runs the whole table of docs/operations/upgrade.md, about fifteen minutes. */
const long = process.env['SALLYPORT_ROLLING'] === 'long';

/** CI has two processors for everything. A busy machine refuses requests because of their deadlines. */
const load = long ? { clients: 40, perSecond: 200 } : { clients: 20, perSecond: 60 };

type Case = { name: string; disturb(rig: RollingRig): Promise<unknown>; killed?: true };

const shortCases: Case[] = [
  { name: 'a rolling restart of authorize and proxy at once', disturb: () => restart('authorize', 'proxy') },
  { name: 'kill -9 of a pod of authorize', disturb: () => killOne('authorize'), killed: true },
];
/** What the long form must reach. */
const enough = 60_000;
const longCases: Case[] = [
  { name: 'nothing', disturb: () => pause(30_000) },
  ...[...services, ...services.toReversed()].map((name) => ({
    name: `a rolling restart of ${name}`,
    disturb: () => restart(name),
  })),
  ...services.map((name) => ({ name: `evictions of both pods of ${name}`, disturb: () => evictEach(name) })),
  ...services.map((name) => ({ name: `a new service key of ${name}`, disturb: () => rotateKey(name) })),
  ...services.map((name) => ({
    name: `kill -9 of a pod of ${name}`,
    disturb: () => killOne(name),
    killed: true as const,
  })),
  {
    name: 'rolling restarts of all Deployments at once, again and again',
    async disturb({ requests }) {
      do await restart(...services);
      while (requests.total() < enough);
    },
  },
];

describeWith(['pods', 'redis', 'kafka', 'postgres', 'kubectl'], 'clients of pods that are replaced', () => {
  const closers = new Closers();
  const rows: Row[] = [];
  let rig: RollingRig;
  beforeAll(async () => {
    rig = await startRollingRig(closers, load);
  });
  afterAll(() => closers.run());

  it.each(long ? longCases : shortCases)(
    'lose nothing that they need not: $name',
    async ({ name, disturb, killed }) => {
      const before = rig.requests.total();
      const row = await runRow(name, rig, async () => {
        await disturb(rig);
        // A killed pod can be back before the clients have sent enough requests to notice that it was away.
        await eventually('more than 100 requests', () => rig.requests.total() - before > 100);
      });
      rows.push(row);
      if (killed) {
        // What was under way there: at most one request of each client.
        expect(row.failures.length).toBeLessThanOrEqual(load.clients);
        return;
      }
      // No request may be lost. A busy machine refuses some with 503, because Redis or Kafka is late for their deadlines.
      const refused = row.failures.filter((failure) => failure.includes(': 503 '));
      expect(row.failures.filter((failure) => !refused.includes(failure))).toEqual([]);
      expect(refused.length).toBeLessThanOrEqual(long ? 0 : row.requests / 100);
      expect(row.streamsTold).toBe(row.streamsEnded);
    },
  );

  it('wrote everything once, and nothing that they do not know of', async () => {
    const { acknowledged, unknown } = rig.requests.written;
    await rig.requests.stop();
    printTable(rows);
    const there = new Set(await configMapsInCluster());
    expect([...acknowledged].filter((name) => !there.has(name))).toEqual([]);
    expect([...there].filter((name) => !acknowledged.has(name) && !unknown.has(name))).toEqual([]);
    // A second request would have been answered with 409.
    await eventually(
      'the creations in the audit log of the cluster',
      async () => (await createdInCluster(rig.since))['201'] === there.size,
    );
    expect(await createdInCluster(rig.since)).toEqual({ 201: there.size });
    if (long) expect(rig.requests.total()).toBeGreaterThanOrEqual(enough);
  });
});
