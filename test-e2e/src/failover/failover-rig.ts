import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import {
  createNamespace,
  eventually,
  realClusterAccess,
  roleBinding,
  startGateway,
  startPod,
  theBed,
  type Gateway,
  type GatewayOptions,
} from '../harness/index.ts';
import { startSteadyRequests, type SteadyRequests } from '../rolling/steady-requests.ts';
import { startSteadyStreams } from '../rolling/steady-streams.ts';
import { startEndsLoad } from './session-ends.ts';

/** How often each case is repeated. */
export const runs = Number(process.env['SALLYPORT_FAILOVER_RUNS'] ?? 1);
const load = { clients: 40, perSecond: 200 };
const streamCount = { watch: 160, logs: 40, exec: 0 };

/** Something that happens to the servers behind the gateway. */
export type FailoverCase = { what: string; how: string; disturb(): Promise<void>; settled(): Promise<void> };

/** A gateway with two replicas under load: requests, streams, and sessions and elevations that begin and end. */
export type FailoverRig = {
  gateway: Gateway;
  written: SteadyRequests['written'];
  /**
   * Carries out a case, and adds a row to the table. Fails if an end that was acknowledged did not hold, or if a
   * request failed in another way than with a refusal.
   */
  carryOut(one: FailoverCase): Promise<void>;
  /** Verifies the store, as `sallyport audit verify --store` does, until it has no faults or a minute is over. */
  verify(): Promise<{ faults: object[] }>;
  stop(): Promise<void>;
};

const rows: string[] = [];
const head =
  '| what | happens | refused for | requests | refused | broken | streams ended | ends acknowledged | came back | wrongly allowed |\n|---|---|---|---|---|---|---|---|---|---|';

/** Prints what was measured since the last time. */
export const printRows = (): void => void process.stderr.write(`measured:\n${[head, ...rows.splice(0)].join('\n')}\n`);

const elevations = [
  {
    name: 'failover',
    clusters: ['*'],
    groups: ['prod-admins'],
    requesters: { groups: ['sre'] },
    approvals: 0,
    reason: 'optional',
  },
];

export async function startFailoverRig(
  options: Pick<GatewayOptions, 'sessions' | 'audit' | 'servers' | 'environment'>,
): Promise<FailoverRig> {
  const closers = new Closers();
  try {
    return await compose(options, closers);
  } catch (error) {
    await closers.run().catch(() => undefined);
    throw error;
  }
}

async function compose(options: Parameters<typeof startFailoverRig>[0], closers: Closers): Promise<FailoverRig> {
  const namespace = await createNamespace();
  closers.add(() => namespace.remove());
  await theBed().cluster!.admin.apply(roleBinding(namespace.name, 'prod-admins', 'view'));
  await startPod(namespace.name, 'steady', 'while sleep 5; do echo tick; done');
  const gateway = await startGateway({
    ...options,
    mode: 'processes',
    http2: true,
    proxies: 2,
    ownAuthorize: true,
    clusters: [await realClusterAccess()],
    policy: [{ allow: { or: [{ groups: 'developers' }, { groups: 'prod-admins' }] } }],
    people: [
      { user: 'alice@example.com', password: 'alice', groups: ['developers'] },
      { user: 'bob@example.com', password: 'bob', groups: ['sre'] },
      { user: 'carol@example.com', password: 'carol', groups: ['developers'] },
    ],
    more: { streams: { perUser: 400, perCluster: 400 }, elevations },
  });
  closers.add(() => gateway.stop());
  const { token } = await gateway.login('alice@example.com');
  const access = { url: gateway.url, ca: gateway.caPem, token, namespace: namespace.name, cluster: 'dev' };
  const streams = await startSteadyStreams({ ...access, pod: 'steady', count: streamCount });
  closers.add(() => streams.stop());
  const requests = startSteadyRequests({ ...access, ...load });
  closers.add(() => requests.stop());
  const urls = [gateway.url, ...gateway.moreProxies.map(({ url }) => url)];
  const path = `/clusters/dev/api/v1/namespaces/${namespace.name}/pods`;
  const ends = await startEndsLoad({ gateway, urls, path });
  closers.add(() => ends.stop());
  return {
    gateway,
    written: requests.written,
    async carryOut({ what, how, disturb, settled }) {
      await settled();
      await eventually('good answers', () => requests.sinceFailure() > 200);
      for (const one of [requests, streams, ends]) one.take();
      await disturb();
      await settled();
      await eventually('good answers', () => requests.sinceFailure() > 400);
      const before = ends.acknowledged();
      await eventually('an acknowledged end', () => ends.acknowledged() > before);
      const [seen, cut, done] = [requests.take(), streams.take(), ends.take()];
      const cameBack = await ends.cameBack();
      const broken = seen.failures.filter(({ why }) => !/^(?:503|429) /.test(why));
      rows.push(
        `| ${what} | ${how} | ${(seen.failedMs / 1000).toFixed(1)} s | ${seen.requests} | ${seen.failures.length} | ${broken.length} | ${cut.ended} | ${done.sessions} + ${done.elevations} | ${cameBack} | ${done.wrong.length} |`,
      );
      process.stderr.write(`failover: ${rows.at(-1)}\n`);
      for (const why of new Set([...seen.failures.map((one) => `${one.kind}: ${one.why}`), ...done.wrong]))
        process.stderr.write(`failover:   ${why}\n`);
      expect({ cameBack, wrong: done.wrong, broken }).toEqual({ cameBack: 0, wrong: [], broken: [] });
    },
    async verify() {
      const alice = await gateway.person('alice@example.com');
      const keys = join(gateway.directory, 'keys.json');
      writeFileSync(keys, (await alice.cli(['audit', 'keys', '-o', 'json'])).stdout);
      const args = ['audit', 'verify', '--store', '--config', gateway.configFile, '--keys', keys, '-o', 'json'];
      let verified: { faults: object[] } = { faults: [{ reason: 'not verified' }] };
      for (const end = performance.now() + 60_000; verified.faults.length > 0 && performance.now() < end;) {
        const { stdout, stderr } = await alice.cli(args);
        if (stdout === '') throw new Error(`audit verify failed: ${stderr}`);
        verified = JSON.parse(stdout) as { faults: object[] };
      }
      return verified;
    },
    stop: () => closers.run(),
  };
}
