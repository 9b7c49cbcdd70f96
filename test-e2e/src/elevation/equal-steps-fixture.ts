import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AuditEvent } from '@sallyport/contracts';
import pg from 'pg';
import { startBed, type Bed } from '@sallyport/bed';
import {
  eventually,
  readWholeTopic,
  startGateway,
  startPractice,
  type Gateway,
  type TopicMessage,
} from '../harness/index.ts';
import { entries } from './equal-steps-load.ts';

export type EqualStepsRig = { bed: Bed; gateway: Gateway; stop(): Promise<void> };
type Verified = { code: number; faults: object[]; events: number; checkpoints: { count: number } };

/** What a run has left behind. */
export type StepTrail = { messages: TopicMessage[]; steps: TopicMessage[]; topic: Verified; store: Verified };

/** Starts two gateways, each with an authorize of its own, on one Redis, one Kafka and one PostgreSQL. */
export async function startEqualStepsRig(): Promise<EqualStepsRig> {
  const bed = await startBed({ need: ['redis', 'kafka', 'postgres'] });
  const practice = await startPractice();
  const closers = [() => practice.stop(), () => bed.stop()];
  try {
    const gateway = await startGateway({
      mode: 'processes',
      proxies: 2,
      ownAuthorize: true,
      clusters: [practice.access],
      servers: { redis: bed.redis!.url, kafka: bed.kafka!.brokers, postgres: bed.postgres!.url },
      audit: { spool: { dir: './spool', maxBytes: '64MiB' }, checkpoints: { every: '1s' } },
      more: { elevations: entries },
    });
    const { stdout } = await (await gateway.person('alice@example.com')).cli(['audit', 'keys', '-o', 'json']);
    writeFileSync(path.join(gateway.directory, 'keys.json'), stdout);
    closers.unshift(() => gateway.stop());
    return {
      bed,
      gateway,
      async stop() {
        for (const close of closers) await close();
      },
    };
  } catch (error) {
    for (const close of closers) await close();
    throw error;
  }
}

const placeOf = (value: string): string => {
  const { producer, seq } = (JSON.parse(value) as AuditEvent).sallyport;
  return `${producer} ${seq}`;
};

/** Ends both gateways, waits until the store has what is on the topic, and verifies both. */
export async function proveSteps({ gateway }: EqualStepsRig): Promise<StepTrail> {
  const alice = await gateway.person('alice@example.com');
  for (const processes of [gateway.processes!, gateway.moreProxies[0]!.processes]) {
    await processes.stop('proxy');
    await processes.stop('authorize');
  }
  const client = new pg.Client({ connectionString: gateway.postgres!.url });
  await client.connect();
  const count = async (sql: string) => Number((await client.query<{ count: string }>(sql)).rows[0]!.count);
  // What a killed replica has signed and not published, another one publishes after two minutes.
  await eventually(
    'the audit service to publish its checkpoints',
    async () => (await count('select count(*) from audit_checkpoints where not published')) === 0,
    400_000,
  );
  await gateway.processes!.stop('authenticate');
  const stored = async () => {
    // Of anonymous callers, only the places are kept: those who asked while authorize was away.
    const places = new Set((await readWholeTopic(gateway.kafka!)).map(({ value }) => placeOf(value)));
    return (await count('select count(distinct (producer, seq)) from audit_places')) >= places.size;
  };
  await eventually('the audit service to store every event', stored);
  await gateway.processes!.stop('audit');
  await client.end();
  const verify = async (source: string): Promise<Verified> => {
    const keys = path.join(gateway.directory, 'keys.json');
    const args = ['audit', 'verify', source, '--config', gateway.configFile, '--keys', keys, '-o', 'json'];
    const { code, stdout, stderr } = await alice.cli(args);
    if (stdout === '') throw new Error(`audit verify failed: ${stderr}`);
    return { ...(JSON.parse(stdout) as Verified), code };
  };
  const messages = await readWholeTopic(gateway.kafka!);
  return {
    messages,
    steps: messages.filter(({ headers }) => headers['ce_type']!.startsWith('elevation.')),
    topic: await verify('--topic'),
    store: await verify('--store'),
  };
}

/** Returns the ids of events that are on the topic more than once. */
export function repeatedIds(messages: readonly TopicMessage[]): string[] {
  const seen = new Set<string>();
  return messages.map(({ headers }) => headers['ce_id']!).filter((id) => seen.size === seen.add(id).size);
}
