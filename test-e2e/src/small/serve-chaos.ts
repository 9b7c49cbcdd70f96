import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { openStores } from '@sallyport/audit';
import { startBed, type Bed } from '@sallyport/bed';
import { auditQuerySchema } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { startChaosLoad } from '../chaos/chaos-load.ts';
import { describeAnswers } from '../chaos/describe-chaos.ts';
import { expectAnswersRecorded } from '../chaos/expect-trail-held.ts';
import { compareAnswers } from '../chaos/prove-trail.ts';
import { chaosSeed, recover } from '../chaos/run-chaos.ts';
import { createClocks, type Clocks } from '../chaos/set-clock.ts';
import { createDice, type Dice } from '../fuzz/mutate.ts';
import { eventually, httpRequestOnce, realClusterAccess, type RunningCommand } from '../harness/index.ts';
import { createServeRig, type ServeRig } from './serve-rig.ts';
import { readTrailFiles } from './small-trail.ts';

/** A small gateway whose clock can be set, with a cluster of its own. */
export type ServeChaosRig = ServeRig & { cluster: NonNullable<Bed['cluster']>; clocks: Clocks };

/** Starts the bed and creates the rig. The cluster lets developers do everything, and sre nothing. */
export async function createServeChaosRig(): Promise<ServeChaosRig> {
  const bed = await startBed({ need: ['cluster', 'kubectl'] });
  const cluster = bed.cluster!;
  try {
    const binding = ['clusterrolebinding', 'developers', '--clusterrole=cluster-admin', '--group=developers'];
    await cluster.admin.kubectl(['create', ...binding]);
    const policy = [{ allow: { or: [{ groups: 'developers' }, { groups: 'sre' }] } }];
    const clocks = createClocks();
    const rig = await createServeRig(
      { clusters: [{ name: 'dev', ...(await realClusterAccess(cluster)), policy }] },
      clocks.environment,
    );
    const stop = async () => {
      await rig.stop();
      await bed.stop();
    };
    return { ...rig, cluster, clocks, stop };
  } catch (error) {
    await bed.stop();
    throw error;
  }
}

/** Less than the 60 s for which a call between services is valid. */
const clockBackMs = 20_000;

/** Sends a call of alice to the gateway's API. */
async function callApi(rig: ServeRig, token: string, method: string, body?: object) {
  const url = `${rig.url}/.sallyport/api/v1/service-accounts`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return httpRequestOnce(url, {
    ca: rig.caPem(),
    method,
    headers,
    ...(body ? { body: JSON.stringify(body) } : {}),
    timeoutMs: 15_000,
  });
}

/** Creates service accounts until it is stopped. Returns the names of those that were acknowledged. */
function createAccounts(rig: ServeRig, token: string): { stop(): Promise<string[]> } {
  const acknowledged: string[] = [];
  let running = true;
  const work = (async () => {
    // A person can hold 200 names.
    for (let number = 1; running && acknowledged.length < 150; number += 1) {
      const account = { name: `robot-${number}`, groups: ['developers'], lifetimeMs: 3_600_000 };
      const answer = await callApi(rig, token, 'POST', account).catch(() => undefined);
      if (answer?.status === 201) acknowledged.push(account.name);
      await pause(250);
    }
  })();
  return {
    async stop() {
      running = false;
      await work;
      return acknowledged;
    },
  };
}

/** Kills the gateway under load, sets its clock back in every third life, and starts it again. */
async function killAgain(rig: ServeChaosRig, kills: number, dice: Dice): Promise<RunningCommand> {
  let gateway = await rig.start();
  for (let kill = 1; kill <= kills; kill += 1) {
    await pause(500 + dice.roll(1500));
    if (kill % 3 === 0) {
      await rig.clocks.set(gateway.pid, -clockBackMs);
      await pause(dice.roll(1000));
    }
    process.stderr.write(`chaos: kill ${kill} of ${kills}\n`);
    await gateway.stop('SIGKILL');
    gateway = await rig.start();
  }
  return gateway;
}

/** Returns how many events the embedded store has, and those of the trail that it lacks. */
async function compareStore(rig: ServeRig, ids: ReadonlySet<string>): Promise<{ rows: number; missing: string[] }> {
  const directory = path.join(rig.data, 'audit');
  const logger = createLogger({ service: 'test', level: 'silent' });
  const stores = openStores({ embedded: directory }, { logger, resolvePath: (file) => file });
  const stored = new Set<string>();
  try {
    let cursor: string | undefined;
    do {
      const query = auditQuerySchema.parse({ limit: 1000, order: 'oldest', ...(cursor ? { after: cursor } : {}) });
      const page = await stores.events.find(query);
      for (const { id } of page.events) stored.add(id);
      cursor = page.next;
    } while (cursor !== undefined);
  } finally {
    await stores.close();
  }
  return { rows: stored.size, missing: [...ids].filter((id) => !stored.has(id)) };
}

/**
 * Kills the gateway `kills` times under load, and expects that nothing is lost of what it has acknowledged: the events of
 * answered requests, service accounts, and sessions.
 */
export async function expectKillsLoseNothing(rig: ServeChaosRig, kills: number): Promise<void> {
  const seed = chaosSeed();
  process.stderr.write(`chaos: ${kills} kills, repeat with SALLYPORT_CHAOS_SEED=${seed}\n`);
  const from = Date.now();
  const first = await rig.start();
  const tokens = {
    'bob@example.com': await rig.tokenFor('bob@example.com', 'dev'),
    'alice@example.com': await rig.tokenFor('alice@example.com', 'dev'),
  };
  await first.stop('SIGKILL');
  const load = startChaosLoad([rig.url], { ca: rig.caPem(), tokens });
  const accounts = createAccounts(rig, tokens['alice@example.com']);
  let gateway: RunningCommand;
  try {
    gateway = await killAgain(rig, kills, createDice(seed));
    await recover(load);
  } finally {
    await load.stop();
  }
  const acknowledged = await accounts.stop();
  const listed = (await callApi(rig, tokens['alice@example.com'], 'GET')).json() as {
    serviceAccounts: { name: string }[];
  };
  const names = new Set(listed.serviceAccounts.map(({ name }) => name));
  const lostAccounts = acknowledged.filter((name) => !names.has(name));
  // What the last kill left unpublished is published soon.
  await eventually('a trail without faults', async () => (await rig.verify()).faults.length === 0);
  // It stores what waits before it ends.
  await gateway.stop('SIGTERM');
  const trail = path.join(rig.data, 'trail');
  const messages = readTrailFiles(trail);
  const ids = new Set(messages.map(({ headers }) => headers['ce_id']!));
  const proof = await compareAnswers(messages, load.answers, rig.cluster.auditLogFile, { from, to: Date.now() });
  const store = await compareStore(rig, ids);
  const verified = await rig.verify();
  process.stderr.write(
    `${describeAnswers(load.answers, proof.unaudited)}\n` +
      `service accounts: ${acknowledged.length} created, ${lostAccounts.length} lost\n` +
      `trail: ${messages.length} lines, ${ids.size} events; store: ${store.rows}, ${store.missing.length} missing\n` +
      `verified: ${verified.checkpoints.count} checkpoints, ${verified.faults.length} faults\n`,
  );
  expectAnswersRecorded(load.answers, proof);
  expect(acknowledged.length).toBeGreaterThan(kills / 2);
  expect(lostAccounts).toEqual([]);
  expect(store.missing).toEqual([]);
  expect(verified).toMatchObject({ code: 0, faults: [] });
}
