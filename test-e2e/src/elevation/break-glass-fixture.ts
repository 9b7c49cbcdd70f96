import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { startBed, type Bed } from '@sallyport/bed';
import type { ElevationView } from '@sallyport/contracts';
import { eventually, runDirectory, startGateway, startPractice, type Gateway } from '../harness/index.ts';
import { configMap, timed, type Timed } from '../resilience/resilience-fixture.ts';

/** What break-glass adds to developers: the practice cluster lets prod-admins edit in this namespace. */
export const configMaps = '/api/v1/namespaces/prod/configmaps';
const elevations = '/.sallyport/api/v1/elevations';

const entry = {
  clusters: ['*'],
  groups: ['prod-admins'],
  requesters: { groups: ['developers'] },
  approvals: 0,
  whenAuditUnavailable: 'spool',
};
const review = (within: string) => ({ by: { groups: ['security-auditors'] }, within });

export type BreakGlassRig = Awaited<ReturnType<typeof startBreakGlassRig>>;
type Answer = { status: number; ms: number; code: string; elevation: ElevationView };

/** Starts a gateway with a spool, and with a Redis and a Kafka that tests can kill. */
export async function startBreakGlassRig() {
  const bed = (await startBed({ need: ['redis', 'kafka', 'postgres'] })) as Bed & {
    redis: NonNullable<Bed['redis']>;
    kafka: NonNullable<Bed['kafka']>;
  };
  const practice = await startPractice();
  const closers = [() => bed.stop(), () => practice.stop()];
  let gateway: Gateway;
  try {
    gateway = await startGateway({
      mode: 'processes',
      clusters: [practice.access],
      servers: { redis: bed.redis.url, kafka: bed.kafka.brokers, postgres: bed.postgres!.url },
      audit: {
        spool: { dir: mkdtempSync(path.join(runDirectory(), 'spool-')), maxBytes: '64MiB' },
        whenUnavailable: { write: 'spool' },
      },
      more: {
        elevations: [
          { ...entry, name: 'break-glass', review: review('1h') },
          { ...entry, name: 'left-alone', review: review('3s') },
          { ...entry, name: 'strict', review: review('1h'), whenAuditUnavailable: 'refuse' },
          { ...entry, name: 'approved-by-sre', approvals: 1, approvers: { groups: ['sre'] }, review: review('3s') },
        ],
      },
    });
  } catch (error) {
    for (const close of closers) await close();
    throw error;
  }
  // What operators are told to set. The bed itself does not wait for the disk.
  const waitForDisk = async () => {
    await gateway.redis!.client.config('SET', 'appendfsync', 'always');
  };
  await waitForDisk();
  const [alice, bob, carol] = await Promise.all(
    ['alice', 'bob', 'carol'].map(async (name) => (await gateway.login(`${name}@example.com`)).token),
  );

  /** Makes a call about elevations. */
  const call = async (token: string, where: string, json?: object): Promise<Answer> => {
    const begun = performance.now();
    const answer = await gateway.request(`${elevations}${where}`, {
      token,
      ...(json ? { method: 'POST', body: JSON.stringify(json), headers: { 'content-type': 'application/json' } } : {}),
    });
    const body = answer.json() as { code?: string; elevation?: ElevationView };
    const ms = Math.round(performance.now() - begun);
    return { status: answer.status, ms, code: body.code ?? '', elevation: body.elevation! };
  };
  const must = async (answer: Promise<Answer>) => {
    const { status, code, elevation } = await answer;
    if (status !== 200) throw new Error(`a call about elevations was answered ${status} ${code}`);
    return elevation;
  };
  /** Tries to change something that only break-glass allows. */
  const write = (): Promise<Timed> => timed(gateway, alice!, configMaps, { method: 'POST', body: configMap() });
  return {
    bed,
    gateway,
    alice: alice!,
    bob: bob!,
    carol: carol!,
    call,
    must,
    write,
    read: () => timed(gateway, alice!, configMaps),
    ask: (name: string, seconds: number, more: object = {}) =>
      call(alice!, '', { name, cluster: 'dev', durationMs: seconds * 1000, reason: 'the shop is down', ...more }),
    show: (id: string, token = alice!) => must(call(token, `/${id}`)),
    list: async (token: string, query: string) => {
      const answer = await gateway.request(`${elevations}${query}`, { token });
      return (answer.json() as { elevations: ElevationView[] }).elevations;
    },
    /** Kills a server as a crash does, so that it writes nothing more. */
    async kill(server: 'redis' | 'kafka') {
      process.kill(bed[server].pid()!, 'SIGKILL');
      await bed[server].pause();
    },
    /** Starts Redis again with its data. */
    async resumeRedis() {
      await bed.redis.resume();
      await waitForDisk();
    },
    /** Waits until requests are decided again, and returns the first answer that is not 503. */
    decided: () =>
      eventually('requests to be decided again', async () => {
        const answer = await write();
        return answer.status === 503 ? undefined : answer;
      }),
    async stop() {
      await gateway.stop();
      for (const close of closers) await close();
    },
  };
}
