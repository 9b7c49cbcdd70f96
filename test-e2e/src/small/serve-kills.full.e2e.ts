import { afterAll, beforeAll, it } from '@jest/globals';
import { describeWith } from '../harness/index.ts';
import { createServeChaosRig, expectKillsLoseNothing, type ServeChaosRig } from './serve-chaos.ts';

describeWith(['cluster', 'kubectl'], 'a small gateway that is killed under load', () => {
  let rig: ServeChaosRig;
  beforeAll(async () => {
    rig = await createServeChaosRig();
  });
  afterAll(() => rig?.stop());

  it('loses no answered request, no event, no session and no service account', () => expectKillsLoseNothing(rig, 4));
});
