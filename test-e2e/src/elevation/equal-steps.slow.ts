import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createDice } from '../fuzz/mutate.ts';
import { describeWith } from '../harness/index.ts';
import { proveSteps, repeatedIds, startEqualStepsRig, type EqualStepsRig } from './equal-steps-fixture.ts';
import { startStepLoad } from './equal-steps-load.ts';

const minutes = Number(process.env['SALLYPORT_STEPS_MINUTES'] ?? 1);
const seed = Number(process.env['SALLYPORT_CHAOS_SEED'] ?? Date.now() % 1_000_000_000);
const victims = ['authorize 1', 'authorize 2', 'audit'] as const;

describeWith(
  ['redis', 'kafka', 'postgres'],
  `${minutes} minutes of equal steps of elevations at once, while replicas are killed`,
  () => {
    let rig: EqualStepsRig;
    beforeAll(async () => {
      rig = await startEqualStepsRig();
    });
    afterAll(() => rig?.stop());

    const kill = async (victim: (typeof victims)[number], downMs: number) => {
      const { gateway } = rig;
      const processes = victim === 'authorize 2' ? gateway.moreProxies[0]!.processes : gateway.processes!;
      const name = victim === 'audit' ? 'audit' : 'authorize';
      await processes.stop(name, 'SIGKILL');
      await pause(downMs);
      await processes.start(name);
    };

    it(
      'leave a topic and a store without a fault',
      async () => {
        process.stderr.write(`equal steps: repeat with SALLYPORT_CHAOS_SEED=${seed}\n`);
        const dice = createDice(seed);
        const load = await startStepLoad(rig.gateway);
        const kills: Record<string, number> = {};
        for (const end = performance.now() + minutes * 60_000; performance.now() < end;) {
          await pause(3000 + dice.roll(7000));
          const victim = victims[dice.roll(victims.length)]!;
          kills[victim] = (kills[victim] ?? 0) + 1;
          await kill(victim, dice.roll(2000));
        }
        await load.stop();
        const { messages, steps, topic, store } = await proveSteps(rig);
        const report = {
          ...load.counts,
          kills,
          messages: messages.length,
          elevations: steps.length,
          repeated: repeatedIds(messages).length,
          topic: { events: topic.events, faults: topic.faults.length, checkpoints: topic.checkpoints.count },
          store: { events: store.events, faults: store.faults.length, checkpoints: store.checkpoints.count },
        };
        process.stderr.write(`equal steps: ${JSON.stringify(report)}\n`);
        expect(load.counts.answers[200]).toBeGreaterThan(100);
        expect(topic).toMatchObject({ code: 0, faults: [] });
        expect(store).toMatchObject({ code: 0, faults: [] });
      },
      minutes * 60_000 + 900_000,
    );
  },
);
