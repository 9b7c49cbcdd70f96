import { setTimeout as pause } from 'node:timers/promises';
import type { Dice } from '../fuzz/mutate.ts';
import type { ChaosRig } from './chaos-rig.ts';
import { resumeServer } from './kill-victims.ts';

/** What goes wrong besides the kills, without ending a process. */
export const disturbances = ['Kafka slow', 'Kafka away', 'clock back'] as const;
export type Disturbance = (typeof disturbances)[number];

/** Less than the 60 s for which a call between services is valid: a clock beyond that closes the gateway. */
const clockBackMs = 20_000;

/** Lets something go wrong for a while, and restores it. */
export async function disturb(what: Disturbance, { bed, gateway, clocks }: ChaosRig, dice: Dice): Promise<void> {
  if (what === 'Kafka slow') {
    // Connected, and answers seconds later.
    for (let times = 0; times < 3; times += 1) {
      await bed.kafka.freeze();
      await pause(400 + dice.roll(800));
      bed.kafka.thaw();
      await pause(100);
    }
    return;
  }
  if (what === 'Kafka away') {
    await bed.kafka.pause();
    await pause(10_000);
    return resumeServer(bed.kafka);
  }
  const pid = gateway.processes!.pid('proxy')!;
  await clocks.set(pid, -clockBackMs);
  await pause(2000);
  await clocks.set(pid, 0);
}
