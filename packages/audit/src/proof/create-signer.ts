import type { AuditSink } from '@sallyport/audit-log';
import { hashCheckpoint, signCheckpoint } from '@sallyport/audit-proof';
import type { CheckpointsConfig } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { LoadedCheckpointKeys } from './checkpoint-keys.ts';
import type { CheckpointMetrics } from './checkpoint-metrics.ts';
import { checkpointRecord } from './proof-records.ts';
import type { ProofStore, StoredCheckpoint } from './proof-store.ts';

export type SignerDeps = {
  proof: ProofStore;
  /** Publishes checkpoints and gaps. It has no spool: the database keeps what is not published yet. */
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  logger: Logger;
  metrics: CheckpointMetrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** How the checkpoints are signed. Without it, only gaps are reported. */
  signing?: LoadedCheckpointKeys & Pick<CheckpointsConfig, 'everyEvents' | 'every'>;
};

/** Signs checkpoints and publishes them. */
export type Signer = {
  /**
   * Notes events that are worth a checkpoint, and when the first of them was stored. Checkpoints themselves are not,
   * because they would never end.
   */
  noteNew(events: number, since: number | undefined): void;
  /** Returns since when events that were noted have waited for a checkpoint. Undefined if none wait. */
  waitingSince(): number | undefined;
  /** Signs a checkpoint if it is time. */
  sign(): Promise<void>;
  publish(stored: StoredCheckpoint): void;
  /** Reports whether the event with this id published a checkpoint of this signer. */
  hasPublished(eventId: string): boolean;
};

/** At most this many heads are in one checkpoint, because Kafka limits the size of an event. */
const mostHeads = 2000;

/** Far more than can wait to be published. */
const mostRemembered = 10_000;

/** Creates the signer. Without keys, it signs nothing. */
export function createSigner(deps: SignerDeps): Signer {
  const { signing, now } = deps;
  /** The ids of the events, by the hashes of the checkpoints that they publish. */
  const handedOver = new Map<string, string>();
  // What was stored before this replica started may not be attested yet.
  let [isNew, count, signedAt] = [true, 0, now()];
  let waitingSince: number | undefined;
  const known = { number: 0 };

  const publish = ({ checkpoint, hash }: StoredCheckpoint): void => {
    // The sink still delivers what it accepted. A second event with the same checkpoint would look like a forged one.
    if (handedOver.has(hash) || !deps.sink.hasRoom()) return;
    const record = checkpointRecord(checkpoint, now);
    handedOver.set(hash, record.id);
    if (handedOver.size > mostRemembered) handedOver.delete(handedOver.keys().next().value!);
    deps.sink.enqueue(record);
  };
  return {
    publish,
    hasPublished: (eventId) => handedOver.values().some((id) => id === eventId),
    waitingSince: () => waitingSince,
    noteNew(events, since) {
      [isNew, count] = [isNew || events > 0, count + events];
      waitingSince ??= since;
    },
    async sign() {
      if (!signing || !isNew || (count < signing.everyEvents && now() - signedAt < signing.every)) return;
      // Otherwise the checkpoint would only be in the second place.
      if (!deps.sink.hasRoom()) return;
      [isNew, count, signedAt] = [false, 0, now()];
      const stored = await signNext(deps, signing, known).catch((error: unknown) => {
        isNew = true;
        throw error;
      });
      // Not before: the database may take long to fail.
      waitingSince = undefined;
      if (stored === 'again') [isNew, waitingSince] = [true, now()];
      if (stored === undefined || stored === 'again') return;
      if (stored.checkpoint.heads.length === mostHeads)
        [isNew, count, waitingSince] = [true, signing.everyEvents, now()];
      deps.metrics.signed(now());
      publish(stored);
    },
  };
}

/**
 * Signs and stores the next checkpoint, if there is anything to attest. `again`: another replica was faster. Rejects if
 * the store has lost the last one that it had (`known`), because the same number would be signed twice.
 */
async function signNext(
  { proof, now, logger }: SignerDeps,
  { privateKey, keyId }: LoadedCheckpointKeys,
  known: { number: number },
): Promise<StoredCheckpoint | 'again' | undefined> {
  const { last, number } = await proof.latest(keyId);
  if (number < known.number)
    throw new Error(`the audit store had checkpoint ${known.number}, and now ends with ${number}`);
  known.number = number;
  const heads = await proof.unattested(mostHeads);
  if (heads.length === 0) return undefined;
  const checkpoint = signCheckpoint(
    {
      number: number + 1,
      time: new Date(now()).toISOString(),
      heads,
      ...(last ? { previous: last.hash } : {}),
    },
    privateKey,
  );
  const stored = { checkpoint, hash: hashCheckpoint(checkpoint) };
  if (!(await proof.addCheckpoint(stored, now()))) return 'again';
  known.number = checkpoint.number;
  logger.debug({ number: checkpoint.number, producers: heads.length }, 'signed a checkpoint of the audit trail');
  return stored;
}
