import { readTrailLine } from '@sallyport/audit-log';
import { checkSignature, createTrailSurvey, hashCheckpoint, type CheckpointKeys } from '@sallyport/audit-proof';
import type { SignedCheckpoint } from '@sallyport/audit-proof';
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

/** A replica with another clock may have signed the last checkpoint. */
const marginMs = 3_600_000;

/**
 * Lets a store that was restored, or that is new, go on after the last checkpoint in the events that it has read from the
 * topic. Otherwise it would sign numbers a second time, which looks like forgery. To be called when it has read everything.
 */
export async function continueStored(
  proof: Pick<ProofStore, 'latest' | 'publishedSince' | 'continueFrom'>,
  keys: CheckpointKeys,
): Promise<void> {
  const { last } = await proof.latest('');
  const since = last && new Date(Date.parse(last.checkpoint.time) - marginMs).toISOString();
  const found = new Map<string, SignedCheckpoint>();
  for (const checkpoint of await proof.publishedSince(since))
    if (checkSignature(checkpoint, keys) === undefined)
      found.set(hashCheckpoint(checkpoint as SignedCheckpoint), checkpoint as SignedCheckpoint);
  // Each names the one before it, also across keys. Replicas may have stored them in another order.
  const nextOf = new Map([...found.values()].map((one) => [one.previous ?? '', one]));
  const first = last
    ? nextOf.get(last.hash)
    : [...found.values()].findLast(({ previous = '' }) => !found.has(previous));
  const isLost = last && [...found.values()].some(({ keyId, number }) => isAfter({ keyId, number }, last.checkpoint));
  if (!first && isLost)
    throw new Error('the trail has checkpoints after the last one of the store, but not the one that follows it');
  const checkpoints: SignedCheckpoint[] = [];
  for (let next = first; next; next = nextOf.get(hashCheckpoint(next))) checkpoints.push(next);
  if (checkpoints.length > 0)
    await proof.continueFrom({ checkpoints: last ? [last.checkpoint, ...checkpoints] : checkpoints, begins: [] });
}

type Numbered = Pick<SignedCheckpoint, 'keyId' | 'number'>;
const isAfter = (one: Numbered, other: Numbered) => one.keyId === other.keyId && one.number > other.number;
