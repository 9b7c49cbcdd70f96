import { afterAll, beforeAll, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { needs } from '../resilience/resilience-fixture.ts';
import { startChaosRig, type ChaosRig } from './chaos-rig.ts';
import { expectTrailHeld } from './expect-trail-held.ts';
import { chaosSeed, runChaos } from './run-chaos.ts';

describeWith(
  needs,
  'two gateways with spools, an audit service, Kafka and PostgreSQL, each killed once under load',
  () => {
    let rig: ChaosRig;
    beforeAll(async () => {
      rig = await startChaosRig();
    });
    afterAll(() => rig?.stop());

    it('have every answered request on the topic, unbroken, and once in the store, and match the log of the API server', async () => {
      expectTrailHeld(await runChaos(rig, { seed: chaosSeed(), kills: 5, disturbances: ['Kafka slow', 'clock back'] }));
    });
  },
);
