import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { startBed, type Bed, type KafkaNode } from '@sallyport/bed';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { createClocks } from '../chaos/set-clock.ts';
import { Closers } from '../harness/closers.ts';
import { describeWith, eventually, readWholeTopic } from '../harness/index.ts';
import { printRows, runs, startFailoverRig, type FailoverRig } from './failover-rig.ts';
import { startPostgresPair, type PostgresPair } from './postgres-pair.ts';

jest.setTimeout(1_800_000);

const seconds = (count: number) => pause(count * 1000);

type Event = {
  verb?: string;
  stage?: string;
  objectRef?: { resource?: string };
  responseStatus?: { code?: number };
};

describeWith(
  ['node', 'redis', 'kafka-brokers', 'postgres', 'kubectl'],
  'a gateway whose audit trail fails over',
  () => {
    const closers = new Closers();
    const clocks = createClocks();
    let bed: Bed;
    let postgres: PostgresPair;
    let rig: FailoverRig;

    const kafkaNow = async () => {
      const { brokers, topic } = rig.gateway.kafka!;
      const admin = new Kafka({ brokers, logLevel: logLevel.NOTHING }).admin();
      try {
        await admin.connect();
        return (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions;
      } finally {
        await admin.disconnect().catch(() => {});
      }
    };
    /** Returns the broker that leads most partitions of the topic. */
    const leader = async (): Promise<KafkaNode> => {
      const leaders = (await kafkaNow()).map((one) => one.leader);
      const led = (id: number) => leaders.filter((one) => one === id).length;
      return bed.kafkaCluster!.nodes.toSorted((one, other) => led(other.id) - led(one.id))[0]!;
    };
    const kafkaSettled = () =>
      eventually(
        'three copies of every partition',
        async () => (await kafkaNow()).every(({ isr }) => isr.length === 3),
        120_000,
      ).then(() => undefined);

    /** Counts the writes that reached the cluster: the trail must have at least those that were acknowledged. */
    const writesIn = (texts: readonly string[]) =>
      texts.filter((text) => {
        const { verb, stage, objectRef, responseStatus } = JSON.parse(text) as Event;
        const isWrite = verb === 'create' && stage === 'ResponseComplete' && objectRef?.resource === 'configmaps';
        return isWrite && responseStatus?.code === 201;
      }).length;
    const onTopic = async () => writesIn((await readWholeTopic(rig.gateway.kafka!)).map(({ value }) => value));
    const inStore = async () => {
      const client = new pg.Client({ connectionString: rig.gateway.postgres!.url });
      client.on('error', () => {});
      await client.connect();
      try {
        const { rows } = await client.query<{ data: string }>('select data from audit_events');
        return writesIn(rows.map(({ data }) => data));
      } finally {
        await client.end();
      }
    };

    beforeAll(async () => {
      bed = await startBed({ need: ['kafka-brokers', 'postgres'] });
      closers.add(bed.stop);
      postgres = await startPostgresPair(bed.postgres!);
      closers.add(postgres.stop);
      rig = await startFailoverRig({
        servers: { kafka: bed.kafkaCluster!.brokers, postgres: postgres.url },
        audit: { checkpoints: { every: '1s' } },
        environment: clocks.environment,
      });
      closers.add(rig.stop);
    });
    afterAll(async () => {
      printRows();
      await closers.run();
    });

    const cases = [
      {
        what: 'Kafka, three brokers',
        how: 'the broker that leads most partitions is killed',
        async disturb() {
          const node = await leader();
          process.kill(node.pid()!, 'SIGKILL');
          await node.pause();
          await seconds(12);
          await node.resume();
        },
        settled: kafkaSettled,
      },
      {
        what: 'Kafka, three brokers',
        how: 'it is stopped, and others lead its partitions',
        async disturb() {
          const node = await leader();
          await node.pause();
          await seconds(8);
          await node.resume();
        },
        settled: kafkaSettled,
      },
      {
        what: 'Kafka, three brokers',
        how: 'it is paused for 15 seconds',
        async disturb() {
          const node = await leader();
          await node.freeze();
          await seconds(15);
          node.thaw();
        },
        settled: kafkaSettled,
      },
      {
        what: 'PostgreSQL with a standby',
        how: 'the server is killed, and a standby that is 3 seconds behind is promoted',
        async disturb() {
          const lost = await postgres.failOver(3000);
          process.stderr.write(`failover: the standby lacks ${lost} bytes of the log of transactions\n`);
          expect(lost).toBeGreaterThan(0);
        },
        settled: () => postgres.settled(),
      },
      {
        what: 'clocks',
        how: 'those of a replica of the gateway and its authorize are a minute ahead for 20 seconds',
        async disturb() {
          const { processes } = rig.gateway.moreProxies[0]!;
          const pids = [processes.pid('proxy')!, processes.pid('authorize')!];
          for (const pid of pids) await clocks.set(pid, 60_000);
          await seconds(20);
          for (const pid of pids) await clocks.set(pid, 0);
        },
        settled: async () => {},
      },
      {
        what: 'clocks',
        how: 'those of authenticate and audit are a minute behind for 20 seconds',
        async disturb() {
          const { processes } = rig.gateway;
          const pids = [processes!.pid('authenticate')!, processes!.pid('audit')!];
          for (const pid of pids) await clocks.set(pid, -60_000);
          await seconds(20);
          for (const pid of pids) await clocks.set(pid, 0);
        },
        settled: async () => {},
      },
    ];

    const repeated = Array.from({ length: runs }, (_none, run) => cases.map((one) => ({ ...one, run: run + 1 })));
    it.each(repeated.flat())('loses no event of a write: $what, $how ($run)', async (one) => {
      await rig.carryOut(one);
      const written = rig.written.acknowledged.size;
      let found = [0, 0];
      await eventually(
        'every write on the topic and in the store',
        async () => (found = [await onTopic(), await inStore()]).every((count) => count >= written),
        120_000,
        () => `${written} were acknowledged, ${found[0]} are on the topic, and ${found[1]} in the store`,
        1000,
      );
      expect((await rig.verify()).faults).toEqual([]);
    });
  },
);
