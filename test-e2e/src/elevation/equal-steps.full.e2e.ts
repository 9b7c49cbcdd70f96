import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { describeWith, eventually } from '../harness/index.ts';
import { proveSteps, repeatedIds, startEqualStepsRig, type EqualStepsRig } from './equal-steps-fixture.ts';
import { startStepLoad } from './equal-steps-load.ts';

describeWith(['redis', 'kafka', 'postgres'], 'equal steps of elevations at once, on two replicas of authorize', () => {
  let rig: EqualStepsRig;
  beforeAll(async () => {
    rig = await startEqualStepsRig();
  });
  afterAll(() => rig?.stop());

  it('leave each event once, and a topic and a store without a fault', async () => {
    const load = await startStepLoad(rig.gateway);
    await eventually('enough steps', () => (load.counts.answers[200] ?? 0) > 200);
    await load.stop();
    const { steps, topic, store } = await proveSteps(rig);
    expect(steps.length).toBeGreaterThan(20);
    expect(repeatedIds(steps)).toEqual([]);
    expect(topic).toMatchObject({ code: 0, faults: [] });
    expect(store).toMatchObject({ code: 0, faults: [] });
  }, 600_000);
});
