import { expect } from '@jest/globals';
import { loadKinds, strictKinds } from './chaos-load.ts';
import type { ChaosRun } from './run-chaos.ts';

const strictVerbs = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Expects what the audit trail promises of gateways with spools. */
export function expectTrailHeld({ answers, proof }: ChaosRun): void {
  for (const kind of loadKinds) expect(answers[kind].acknowledged.length).toBeGreaterThan(0);
  expect(loadKinds.flatMap((kind) => answers[kind].acknowledged)).not.toContain('undefined');
  for (const kind of loadKinds) expect({ kind, unaudited: proof.unaudited[kind] }).toEqual({ kind, unaudited: [] });
  expect(proof.writes.inCluster).toBeGreaterThanOrEqual(answers.write.acknowledged.length);
  expect(proof.writes.unknown).toEqual([]);
  expectJoin(proof.join, answers);
  expect(proof.topic.unchained).toBe(0);
  expect(proof.topic.faults).toEqual([]);
  expect(proof.store.missing).toEqual([]);
  expect(proof.store.rows).toBe(proof.store.events);
}

/** Expects that nothing reached the API server that the trail does not have. */
function expectJoin({ bypassed, mismatched, lost, ...join }: ChaosRun['proof']['join'], answers: ChaosRun['answers']) {
  // A gateway that dies at the moment in which it sends a read may not have written its event yet. No client has seen
  // the answer then. Everything else waits for its event.
  const isStrict = ({ verb, resource = '' }: (typeof bypassed)[number]) =>
    strictVerbs.has(verb) || /secrets|exec/.test(resource);
  expect(bypassed.filter(isStrict)).toEqual([]);
  const seen = new Set(loadKinds.flatMap((kind) => answers[kind].acknowledged));
  expect(bypassed.filter(({ auditID }) => seen.has(auditID))).toEqual([]);
  expect(mismatched).toEqual([]);
  expect(lost).toEqual([]);
  expect(join.unverifiable).toBe(0);
  expect(join.refusedByRbac).toBeGreaterThanOrEqual(answers['refused read'].acknowledged.length);
  const answered = strictKinds.reduce((sum, kind) => sum + answers[kind].acknowledged.length, 0);
  expect(join.matched).toBeGreaterThanOrEqual(answered);
}
