import type { Dice } from '../fuzz/mutate.ts';
import type { Disturbance } from './disturb.ts';
import { victims, type Victim } from './kill-victims.ts';

/** A kill, and what else goes wrong at that time. */
export type ChaosStep = { victim: Victim; disturbance?: Disturbance };

/** Returns items without end: each once in random order, then each once again. */
function* inRounds<T>(items: readonly T[], dice: Dice): Generator<T, never> {
  for (;;) {
    const left = [...items];
    while (left.length > 0) yield* left.splice(dice.roll(left.length), 1);
  }
}

/** Plans kills. Something else goes wrong during every second one. */
export function planChaos(kills: number, disturbances: readonly Disturbance[], dice: Dice): ChaosStep[] {
  const [killed, disturbed] = [inRounds(victims, dice), inRounds(disturbances, dice)];
  return Array.from({ length: kills }, (_, index) => ({
    victim: killed.next().value,
    ...(index % 2 === 1 ? { disturbance: disturbed.next().value } : {}),
  }));
}
