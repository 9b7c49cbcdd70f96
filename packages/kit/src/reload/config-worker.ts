// Reads and checks a configuration on its own thread: parsing a large one takes seconds, and decisions must not wait.
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import type { PolicyEngine } from '../config/check-policies.ts';
import { packDocuments } from './pack-documents.ts';
import { readCandidate } from './read-candidate.ts';
import { lowerPriority } from './lower-priority.ts';
import { withoutDocuments } from './without-documents.ts';

/**
 * The input of the worker. `engine` is the module of the policy language; without `documents` the policies are checked but
 * not returned.
 */
export type WorkerRequest = { file: string; maxBytes: number; engine: string; documents: boolean };

lowerPriority();
const { engine, documents, ...request } = workerData as WorkerRequest;
const { lintPolicies, ...language } = (await import(engine)) as PolicyEngine;
// A service without policies reports no warnings about them.
const candidate = readCandidate(
  { ...request, env: process.env },
  documents && lintPolicies ? { ...language, lintPolicies } : language,
);
if (candidate.ok) {
  const { index, bytes } = packDocuments(documents ? candidate.plan.documents : []);
  const head = {
    ...candidate,
    config: withoutDocuments(candidate.config),
    plan: { ...candidate.plan, documents: [] },
    index,
  };
  parentPort!.postMessage({ head: JSON.stringify(head), bytes }, [bytes.buffer]);
} else {
  parentPort!.postMessage({ head: JSON.stringify(candidate), bytes: new Uint8Array(0) });
}
