// Reads and checks a configuration on its own thread: parsing a large one takes seconds, and decisions must not wait.
import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import type { PolicyEngine } from '../config/check-policies.ts';
import type { ConfigFault } from '../config/config-faults.ts';
import { lowerPriority } from './lower-priority.ts';
import { packDocuments, withoutDocuments } from './pack-documents.ts';
import { readCandidate } from './read-candidate.ts';

/**
 * The input of the worker. `engine` is the module of the policy language; without `documents` the policies are checked but
 * not returned.
 */
export type WorkerRequest = {
  file: string;
  maxBytes: number;
  forOneProcess?: boolean | undefined;
  engine: string;
  documents: boolean;
};

/** Returns undefined if lint fails. An error here could arrive before the configuration, which is good. */
function tryLint(lint: () => ConfigFault[]): ConfigFault[] | undefined {
  try {
    return lint();
  } catch {
    return undefined;
  }
}

lowerPriority();
const { engine, documents, ...request } = workerData as WorkerRequest;
const language = (await import(engine)) as PolicyEngine;
const candidate = readCandidate({ ...request, env: process.env }, language);
if (candidate.ok) {
  const { index, bytes } = packDocuments(documents ? candidate.plan.documents : []);
  const head = {
    ...candidate,
    config: withoutDocuments(candidate.config),
    plan: { ...candidate.plan, documents: [] },
    index,
  };
  parentPort!.postMessage({ head: JSON.stringify(head), bytes }, [bytes.buffer]);
  // A change of policy does not wait for its warnings. Only the service with the policies reports them.
  if (documents) parentPort!.postMessage({ warnings: tryLint(candidate.lint) });
} else {
  parentPort!.postMessage({ head: JSON.stringify(candidate), bytes: new Uint8Array(0) });
}
