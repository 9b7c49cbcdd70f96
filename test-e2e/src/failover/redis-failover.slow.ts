import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, it, jest } from '@jest/globals';
import { Closers } from '../harness/closers.ts';
import { describeWith } from '../harness/index.ts';
import { printRows, runs, startFailoverRig, type FailoverRig } from './failover-rig.ts';
import { startRedisCluster, startSentinels, type Topology } from './redis-servers.ts';

jest.setTimeout(1_800_000);

const seconds = (count: number) => pause(count * 1000);

type Case = { how: string; disturb(topology: Topology): Promise<void> };

const cases: Case[] = [
  {
    how: 'the master is killed',
    async disturb(topology) {
      const { master } = await topology.roles();
      await master.kill();
      await seconds(12);
      await master.start();
    },
  },
  {
    how: 'the master is cut off from the others, and not from the gateway',
    async disturb(topology) {
      const { master } = await topology.roles();
      await master.cutOff();
      await seconds(20);
      await master.heal();
    },
  },
  {
    how: 'the master is paused for 15 seconds',
    async disturb(topology) {
      const { master } = await topology.roles();
      master.pause();
      await seconds(15);
      master.resume();
    },
  },
  {
    how: 'replication is late by 6 seconds',
    async disturb(topology) {
      const { replicas } = await topology.roles();
      for (const one of replicas) one.pause();
      await seconds(6);
      for (const one of replicas) one.resume();
    },
  },
];

describeWith(['node', 'redis', 'kafka', 'postgres', 'kubectl'], 'a gateway whose Redis fails over', () => {
  afterAll(printRows);

  describe.each([
    ['with Sentinels', startSentinels],
    ['as a cluster', startRedisCluster],
  ])('%s', (what, start) => {
    const closers = new Closers();
    let topology: Topology;
    let rig: FailoverRig;
    beforeAll(async () => {
      topology = await start();
      closers.add(() => topology.stop());
      await topology.settled();
      rig = await startFailoverRig({ sessions: topology.sessions });
      closers.add(rig.stop);
    });
    afterAll(() => closers.run());

    const repeated = Array.from({ length: runs }, (_none, run) => cases.map((one) => ({ ...one, run: run + 1 })));
    it.each(repeated.flat())('ends no right twice, and none for nothing: $how ($run)', ({ how, disturb }) =>
      rig.carryOut({ what, how, disturb: () => disturb(topology), settled: () => topology.settled() }),
    );
  });
});
