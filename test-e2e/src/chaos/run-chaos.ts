import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { createDice, type Dice } from '../fuzz/mutate.ts';
import { eventually } from '../harness/index.ts';
import { loadKinds, startChaosLoad, type ChaosLoad } from './chaos-load.ts';
import type { ChaosRig } from './chaos-rig.ts';
import { describeChaos } from './describe-chaos.ts';
import { disturb, type Disturbance } from './disturb.ts';
import { kill } from './kill-victims.ts';
import { planChaos, type ChaosStep } from './plan-chaos.ts';
import { proveTrail, type TrailProof } from './prove-trail.ts';

export type ChaosRun = { answers: ChaosLoad['answers']; proof: TrailProof };

/** Returns the seed of this run: SALLYPORT_CHAOS_SEED, or a new one. */
export const chaosSeed = (): number => Number(process.env['SALLYPORT_CHAOS_SEED'] ?? Date.now() % 1_000_000_000);

/** Kills parts of a gateway under load, lets it recover, and proves what the trail promises. Prints a table. */
export async function runChaos(
  rig: ChaosRig,
  { seed, kills, disturbances }: { seed: number; kills: number; disturbances: readonly Disturbance[] },
): Promise<ChaosRun> {
  process.stderr.write(`chaos: ${kills} kills, repeat with SALLYPORT_CHAOS_SEED=${seed}\n`);
  const { gateway } = rig;
  const from = Date.now();
  const tokens = {
    'alice@example.com': (await gateway.login('alice@example.com')).token,
    'bob@example.com': (await gateway.login('bob@example.com')).token,
  };
  const urls = [gateway.url, gateway.moreProxies[0]!.url];
  const load = startChaosLoad(urls, { ca: gateway.caPem, tokens });
  const dice = createDice(seed);
  const plan = planChaos(kills, disturbances, dice);
  try {
    for (const [index, step] of plan.entries()) {
      await pause(500 + dice.roll(1500));
      process.stderr.write(`chaos: kill ${index + 1} of ${kills}: ${[step.victim, step.disturbance].join(' ')}\n`);
      await takeStep(step, rig, dice);
    }
    await recover(load);
  } finally {
    await load.stop();
  }
  // Each gateway delivers what waits and ends its chain.
  await gateway.processes!.stop('proxy');
  await gateway.moreProxies[0]!.processes.stop('proxy');
  const proof = await proveTrail(rig, load.answers, { from, to: Date.now() });
  process.stderr.write(`${describeChaos({ answers: load.answers, proof }, plan, seed)}\n`);
  return { answers: load.answers, proof };
}

/** Kills while something else goes wrong. A server that is killed is not suspended or stopped at the same time. */
async function takeStep({ victim, disturbance }: ChaosStep, rig: ChaosRig, dice: Dice): Promise<void> {
  const disturbing = disturbance ? disturb(disturbance, rig, dice) : Promise.resolve();
  // Awaited below, also if the kill fails.
  disturbing.catch(() => undefined);
  if (victim === 'Kafka') await disturbing;
  else await pause(dice.roll(500));
  await kill(victim, rig, dice.roll(1000));
  await disturbing;
}

/** Waits until clients of every kind get answers of the cluster again. */
export async function recover({ answers }: ChaosLoad): Promise<void> {
  const before = loadKinds.map((kind) => answers[kind].acknowledged.length);
  await eventually(
    'requests of every kind to succeed again',
    () => loadKinds.every((kind, index) => answers[kind].acknowledged.length >= before[index]! + 10),
    60_000,
    () => JSON.stringify(loadKinds.map((kind) => answers[kind].refused)),
  );
}
