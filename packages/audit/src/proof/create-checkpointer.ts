import type { AuditRecord } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { createWarnOnce, runEvery } from '@sallyport/kit';
import { startAnchoring, type Anchor } from './anchoring.ts';
import { createSigner, type Signer, type SignerDeps } from './create-signer.ts';
import { gapRecord } from './proof-records.ts';
import type { OpenGap } from './proof-store.ts';

export type CheckpointerDeps = SignerDeps & {
  /**
   * Done before anything else, and tried again until it succeeds. Done again after each failure of the store, in whose
   * place another one may be. Ends early if the signal is aborted.
   */
  prepare?(signal: AbortSignal): Promise<void>;
  anchor?: Anchor;
  /**
   * Whether this is the only process with this trail, so that what a process before it did not publish is published soon.
   */
  isAlone?: boolean;
  retentionMs: number;
  /** How long an event may be late before it counts as lost. The default is 5 minutes. */
  graceMs?: number;
  /** How often heads are moved. The default is a second. */
  stepMs?: number;
};

/** Follows the chains of all producers and signs checkpoints of them. */
export type Checkpointer = {
  /** Notes events that were stored. */
  stored(records: readonly AuditRecord[]): void;
  close(): Promise<void>;
};

/** A checkpoint that did not come back by then is published by another replica. */
const publishAgainMs = 120_000;
/** Gaps and what is left of other replicas are looked for less often than heads are moved. */
const housekeepingSteps = 10;
/** At its start, a replica continues the producers of this time. */
const lookBackMs = dayMs;

/** Starts to follow the chains. If the database is down, it tries again. */
export function startCheckpointer(deps: CheckpointerDeps): Checkpointer {
  const { proof, now, graceMs = 300_000, stepMs = 1000 } = deps;
  const outage = createWarnOnce(deps.logger, { failed: 'cannot follow the chains of the audit trail; retrying' });
  const touched = new Set<string>();
  const signer = createSigner(deps);
  // Events that were stored since the heads were last moved. Only what the heads cover is attested.
  let fresh = 0;
  // When the first of them was stored. Events of before the start may not be attested either.
  let freshSince: number | undefined = now();
  let isBehind = true;
  let isPrepared = false;
  let steps = 0;
  // One process writes all events in order. So when its first checkpoint is stored, the trail has everything that the
  // process before it wrote, and what is not published then was never written.
  let left: 'unknown' | 'certain' | 'published' = deps.isAlone === true ? 'unknown' : 'published';
  const closing = new AbortController();

  const step = async (): Promise<void> => {
    if (!isPrepared) await deps.prepare?.(closing.signal);
    isPrepared = true;
    if (isBehind) for (const producer of await proof.producersSince(now() - lookBackMs)) touched.add(producer);
    isBehind = false;
    const producers = [...touched];
    touched.clear();
    // Before the heads move, so that these events wait visibly while the database takes long.
    signer.noteNew(fresh, freshSince);
    [fresh, freshSince] = [0, undefined];
    try {
      await proof.advance(producers);
    } catch (error) {
      for (const producer of producers) touched.add(producer);
      throw error;
    }
    await signer.sign();
    if (left === 'certain') {
      // The clock may have been set back since.
      for (const stored of await proof.claimUnpublished(now() + lookBackMs, now())) signer.publish(stored);
      left = 'published';
    }
    if ((steps += 1) % housekeepingSteps === 0) await keepHouse(deps, { signer, graceMs, touched });
  };
  const { signing } = deps;
  if (signing)
    deps.metrics.watch(() => {
      const since = Math.min(signer.waitingSince() ?? Infinity, freshSince ?? Infinity);
      return Math.max(0, now() - since - signing.every);
    });
  const turn = async (): Promise<void> => {
    try {
      await step();
      outage.recovered();
    } catch (error) {
      isPrepared = false;
      if (!closing.signal.aborted) outage.failed({ reason: (error as Error).message });
    }
  };
  const anchoring = deps.anchor ? startAnchoring({ ...deps, anchor: deps.anchor, stepMs }) : undefined;
  const turns = runEvery(stepMs, turn);
  return {
    stored(records) {
      for (const record of records) {
        const { producer, seq, checkpoint } = record.data.sallyport;
        if (seq !== undefined) touched.add(producer);
        if (record.type === 'audit.checkpoint' && checkpoint?.number !== undefined && checkpoint.keyId !== undefined) {
          void proof.markPublished(checkpoint.keyId, checkpoint.number).catch(() => undefined);
          if (left === 'unknown' && signer.hasPublished(record.id)) left = 'certain';
        } else {
          fresh += 1;
          freshSince ??= now();
        }
      }
    },
    async close() {
      closing.abort();
      await Promise.all([turns.close(), anchoring?.close()]);
    },
  };
}

/** Reports gaps, after which chains go on, and publishes what other replicas have not. */
async function keepHouse(
  deps: CheckpointerDeps,
  { signer, graceMs, touched }: { signer: Signer; graceMs: number; touched: Set<string> },
): Promise<void> {
  const { proof, now } = deps;
  for (const gap of await proof.claimGaps(now() - graceMs, now())) {
    await reportGap(deps, gap, graceMs);
    touched.add(gap.producer);
  }
  for (const stored of await proof.claimUnpublished(now() - publishAgainMs, now())) signer.publish(stored);
  await proof.forget(now() - deps.retentionMs);
}

async function reportGap(
  { proof, sink, logger, metrics, now }: CheckpointerDeps,
  gap: OpenGap,
  graceMs: number,
): Promise<void> {
  const { producer, from, to, isBroken } = gap;
  // Only where the event of the gap is accepted, the chain goes on.
  if (!sink.hasRoom()) return;
  const reason = isBroken
    ? 'this event does not continue the one before it'
    : `not received within ${Math.round(graceMs / 1000)} s`;
  logger.error({ producer, from, to, reason }, 'audit events are missing');
  metrics.gap(to - from + 1);
  sink.enqueue(gapRecord({ producer, from, to, reason }, now));
  await proof.closeGap(gap);
}
