import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import { describeWith, eventually } from '../harness/index.ts';
import { withLateDns } from './late-dns.ts';
import { rotateKey } from './rotate-key.ts';
import { configMapsInCluster, createdInCluster, startRollingRig, type RollingRig } from './rolling-rig.ts';
import { printTables, runRow, type Row } from './rolling-table.ts';
import { evictEach, killOne, restart, services } from './service-pods.ts';

jest.setTimeout(1_200_000);

/** `SALLYPORT_ROLLING=long` runs the whole table of docs/operations/upgrade.md, about fifteen minutes. */
const long = process.env['SALLYPORT_ROLLING'] === 'long';

/** CI has two processors for everything. A busy machine refuses requests because of their deadlines. */
const load = long ? { clients: 40, perSecond: 200 } : { clients: 20, perSecond: 60 };

/** Of the cluster behind the connector. */
const farLoad = { clients: 10, perSecond: 30 };

type Case = {
  name: string;
  disturb(rig: RollingRig): Promise<unknown>;
  killed?: true;
  /** Whether a new replica may be late to learn where the others are, and refuse until then. */
  mayRefuse?: true;
  /** For how long the cluster behind the connector may be away, in milliseconds. */
  farAwayMs?: number;
};

/** A dead peer is noticed within 15 seconds. A busy machine gets three times that. */
const noticedMs = 45_000;
const cutSeconds = 30;
const connectorCases: Case[] = [
  { name: 'a rolling restart of the connector', disturb: ({ connector }) => connector.restart() },
  {
    name: `${cutSeconds} seconds without the network between the connector and the gateway`,
    disturb: ({ connector }) => connector.cut(cutSeconds),
    farAwayMs: cutSeconds * 1000 + noticedMs,
  },
  { name: 'kill -9 of a pod of the connector', disturb: ({ connector }) => connector.kill(1), farAwayMs: noticedMs },
  {
    name: 'kill -9 of both pods of the connector',
    disturb: ({ connector }) => connector.kill(2),
    farAwayMs: noticedMs,
  },
];
const killProxy: Case = {
  name: 'kill -9 of a pod of proxy',
  disturb: () => killOne('proxy'),
  killed: true,
  farAwayMs: noticedMs,
};

const shortCases: Case[] = [
  { name: 'a rolling restart of authorize and proxy at once', disturb: () => restart('authorize', 'proxy') },
  { name: 'kill -9 of a pod of authorize', disturb: () => killOne('authorize'), killed: true },
  killProxy,
  ...connectorCases,
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
  ...services
    .filter((name) => name !== 'proxy')
    .map((name) => ({ name: `kill -9 of a pod of ${name}`, disturb: () => killOne(name), killed: true as const })),
  killProxy,
  ...connectorCases,
  { name: 'a DNS that answers every two seconds, for a minute', disturb: () => withLateDns(60, async () => {}) },
  {
    name: 'such a DNS, and a rolling restart of authorize and proxy at once',
    disturb: () => withLateDns(0, () => restart('authorize', 'proxy')),
    mayRefuse: true,
  },
  {
    name: 'such a DNS, and kill -9 of a pod of authorize',
    disturb: () => withLateDns(20, () => killOne('authorize')),
    killed: true,
  },
  {
    name: 'rolling restarts of all Deployments at once, again and again',
    async disturb({ requests }) {
      do await restart(...services);
      while (requests.total() < enough);
    },
  },
];

/**
 * No request may be lost. A busy machine refuses some with 503, because Redis or Kafka is late for their deadlines. A
 * refusal because the connector is missing counts as lost.
 */
function expectNoneLost(requests: number, failures: readonly string[], mayRefuse = !long): void {
  const refused = failures.filter((failure) => failure.includes(': 503 ') && !failure.includes('The connector'));
  expect(failures.filter((failure) => !refused.includes(failure))).toEqual([]);
  expect(refused.length).toBeLessThanOrEqual(mayRefuse ? requests / 100 : 0);
}

describeWith(['pods', 'redis', 'kafka', 'postgres', 'kubectl', 'helm'], 'clients of pods that are replaced', () => {
  const closers = new Closers();
  const rows: Row[] = [];
  let rig: RollingRig;
  let handedOver = 0;
  beforeAll(async () => {
    rig = await startRollingRig(closers, load, farLoad);
  });
  afterAll(() => closers.run());

  it.each(long ? longCases : shortCases)(
    'lose nothing that they need not: $name',
    async ({ name, disturb, killed, mayRefuse, farAwayMs }) => {
      const before = rig.requests.total();
      const row = await runRow(name, rig, async () => {
        await disturb(rig);
        // A killed pod can be back before the clients have sent enough requests to notice that it was away.
        await eventually('more than 100 requests', () => rig.requests.total() - before > 100);
        await eventually(
          'many good answers through the connector',
          () => rig.farRequests.sinceFailure() > 50,
          noticedMs,
        );
      });
      rows.push(row);
      handedOver += (await rig.dials())['handed-over'] ?? 0;
      if (farAwayMs !== undefined) expect(row.far!.failedMs).toBeLessThan(farAwayMs);
      // What was under way there: at most one request of each client.
      else if (killed) expect(row.far!.failures.slice(farLoad.clients)).toEqual([]);
      else expectNoneLost(row.far!.requests, row.far!.failures, mayRefuse);
      if (killed) {
        expect(row.failures.slice(load.clients)).toEqual([]);
        return;
      }
      expectNoneLost(row.requests, row.failures, mayRefuse);
      expect(row.untold).toEqual([]);
    },
  );

  it('used a connector of another gateway where the own one had none', () => expect(handedOver).toBeGreaterThan(0));

  it('wrote everything once, and nothing that they do not know of', async () => {
    const of = [rig.requests, rig.farRequests];
    await Promise.all(of.map((one) => one.stop()));
    const acknowledged = new Set(of.flatMap(({ written }) => [...written.acknowledged]));
    const unknown = new Set(of.flatMap(({ written }) => [...written.unknown]));
    printTables(rows);
    const there = new Set(await configMapsInCluster());
    expect([...acknowledged].filter((name) => !there.has(name))).toEqual([]);
    expect([...there].filter((name) => !acknowledged.has(name) && !unknown.has(name))).toEqual([]);
    // A second request would have been answered with 409. Of one that was broken off, the log may not say that it was
    // carried out.
    const brokenOff = [...unknown].filter((name) => there.has(name)).length;
    let created: Record<string, number> = {};
    await eventually(
      'the creations in the audit log of the cluster',
      async () => {
        created = await createdInCluster(rig.since);
        return created['201']! >= there.size - brokenOff;
      },
      undefined,
      () => `${JSON.stringify(created)} of ${there.size}, ${brokenOff} broken off`,
    );
    expect(created['201']).toBeLessThanOrEqual(there.size);
    expect(created).not.toHaveProperty('409');
    if (long) expect(rig.requests.total()).toBeGreaterThanOrEqual(enough);
  });
});
