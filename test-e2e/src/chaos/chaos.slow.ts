import process from 'node:process';
import { afterAll, beforeAll, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { needs } from '../resilience/resilience-fixture.ts';
import { startChaosRig, type ChaosRig } from './chaos-rig.ts';
import { disturbances } from './disturb.ts';
import { expectTrailHeld } from './expect-trail-held.ts';
import { chaosSeed, runChaos } from './run-chaos.ts';

const kills = Number(process.env['SALLYPORT_CHAOS_KILLS'] ?? 50);

describeWith(needs, `${kills} kills of gateways, the audit service, Kafka and PostgreSQL under load`, () => {
  let rig: ChaosRig;
  beforeAll(async () => {
    rig = await startChaosRig();
  });
  afterAll(() => rig?.stop());

  it(
    'lose no answered request',
    async () => {
      expectTrailHeld(await runChaos(rig, { seed: chaosSeed(), kills, disturbances }));
    },
    240_000 + kills * 45_000,
  );
});
