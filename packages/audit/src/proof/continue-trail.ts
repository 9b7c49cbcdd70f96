import { readTrailLine } from '@sallyport/audit-log';
import { createTrailSurvey, type CheckpointKeys } from '@sallyport/audit-proof';
import type { ProofStore } from './proof-store.ts';

/**
 * Lets a store that is new go on with the trail from which it is filled: with the last checkpoint of each key, and behind
 * the events that retention deleted. Otherwise checkpoints would be numbered from 1 again, and deleted events reported
 * as missing. Everything else that is not in the trail was reported when it was lost. To be called before the heads of a
 * store are moved for the first time. Reads nothing if the store is not new. Rejects if `signal` is aborted.
 */
export async function continueTrail(
  proof: Pick<ProofStore, 'isNew' | 'continueFrom'>,
  lines: AsyncIterable<string> | Iterable<string>,
  { keys, signal }: { keys: CheckpointKeys; signal?: AbortSignal },
): Promise<void> {
  if (!(await proof.isNew())) return;
  const survey = createTrailSurvey({ keys, lastOnly: true });
  for await (const line of lines) {
    signal?.throwIfAborted();
    const read = readTrailLine(line);
    if ('record' in read) survey.add(read.record);
  }
  await proof.continueFrom(survey.carried());
}
