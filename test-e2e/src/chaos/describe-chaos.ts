import { loadKinds, type ChaosLoad } from './chaos-load.ts';
import { disturbances } from './disturb.ts';
import { victims } from './kill-victims.ts';
import type { ChaosStep } from './plan-chaos.ts';
import type { TrailProof } from './prove-trail.ts';

/** Returns a table of what clients saw. */
export function describeAnswers(answers: ChaosLoad['answers'], unaudited: TrailProof['unaudited']): string {
  const rows = loadKinds.map((kind) => {
    const { acknowledged, refused, broken } = answers[kind];
    const refusals = Object.values(refused).reduce((sum, number) => sum + number, 0);
    return [kind, acknowledged.length, refusals, broken, unaudited[kind].length];
  });
  return [['requests', 'answered', 'refused', 'broken', 'without event'], ...rows]
    .map((row) => row.map((cell, index) => (index ? String(cell).padStart(14) : String(cell).padEnd(13))).join(''))
    .join('\n');
}

/** Describes a run as a table, with the seed that repeats it. */
export function describeChaos(
  { answers, proof }: { answers: ChaosLoad['answers']; proof: TrailProof },
  plan: readonly ChaosStep[],
  seed: number,
): string {
  const count = <T extends string>(all: readonly T[], of: (step: ChaosStep) => T | undefined) =>
    all.map((one) => `${one} ${plan.filter((step) => of(step) === one).length}`).join(', ');
  const { writes, topic, store, join } = proof;
  return [
    `seed ${seed}; killed: ${count(victims, ({ victim }) => victim)}`,
    `meanwhile: ${count(disturbances, ({ disturbance }) => disturbance)}`,
    describeAnswers(answers, proof.unaudited),
    `writes in the API server's log: ${writes.inCluster}, without event: ${writes.unknown.length}`,
    `join with the API server's log: ${join.sent} sent, ${join.matched} matched, bypassed ${join.bypassed.length}, ` +
      `mismatched ${join.mismatched.length}, refused by RBAC ${join.refusedByRbac}, lost ${join.lost.length}`,
    `topic: ${topic.messages} messages, ${topic.events} events, ${topic.producers} chains, ${topic.faults.length} faults`,
    `store: ${store.rows} rows, ${store.events} events, ${store.missing.length} missing`,
  ].join('\n');
}
