import { expect } from '@jest/globals';
import { loadKinds, strictKinds } from './chaos-load.ts';
import type { ChaosRun } from './run-chaos.ts';

/** Expects what the audit trail promises of gateways with spools. */
export function expectTrailHeld({ answers, proof }: ChaosRun): void {
  expectAnswersRecorded(answers, proof);
  expect(proof.topic.unchained).toBe(0);
  expect(proof.topic.faults).toEqual([]);
  expect(proof.store.missing).toEqual([]);
  expect(proof.store.rows).toBe(proof.store.events);
}

/** Expects that every answer that a client saw, and every write in the API server's own log, has an event. */
export function expectAnswersRecorded(
  answers: ChaosRun['answers'],
  proof: Pick<ChaosRun['proof'], 'unaudited' | 'join' | 'writes'>,
): void {
  for (const kind of loadKinds) expect(answers[kind].acknowledged.length).toBeGreaterThan(0);
  expect(loadKinds.flatMap((kind) => answers[kind].acknowledged)).not.toContain('undefined');
  for (const kind of loadKinds) expect({ kind, unaudited: proof.unaudited[kind] }).toEqual({ kind, unaudited: [] });
  expect(proof.writes.inCluster).toBeGreaterThanOrEqual(answers.write.acknowledged.length);
  expect(proof.writes.unknown).toEqual([]);
  expectJoin(proof.join, answers);
}

/** Expects that nothing reached the API server that the trail does not have. */
function expectJoin({ bypassed, mismatched, lost, ...join }: ChaosRun['proof']['join'], answers: ChaosRun['answers']) {
  expect(bypassed).toEqual([]);
  // A gateway that dies before it has recorded a read leaves it unfinished. No client has seen the answer then.
  const seen = new Set(loadKinds.flatMap((kind) => answers[kind].acknowledged));
  expect(join.unfinished.filter(({ auditID }) => seen.has(auditID))).toEqual([]);
  expect(mismatched).toEqual([]);
  expect(lost).toEqual([]);
  expect(join.unverifiable).toBe(0);
  expect(join.refusedByRbac).toBeGreaterThanOrEqual(answers['refused read'].acknowledged.length);
  const answered = strictKinds.reduce((sum, kind) => sum + answers[kind].acknowledged.length, 0);
  expect(join.matched).toBeGreaterThanOrEqual(answered);
}
