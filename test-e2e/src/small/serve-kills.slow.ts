import process from 'node:process';
import { afterAll, beforeAll, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { createServeChaosRig, expectKillsLoseNothing, type ServeChaosRig } from './serve-chaos.ts';

const kills = Number(process.env['SALLYPORT_CHAOS_KILLS'] ?? 50);

describeWith(['cluster', 'kubectl'], `${kills} kills of a small gateway under load`, () => {
  let rig: ServeChaosRig;
  beforeAll(async () => {
    rig = await createServeChaosRig();
  });
  afterAll(() => rig?.stop());

  it('lose nothing that was acknowledged', () => expectKillsLoseNothing(rig, kills), 240_000 + kills * 30_000);
});
