import { createAuditSink, type AuditLog, type AuditSink } from '@sallyport/audit-log';
import { toJwks } from '@sallyport/audit-proof';
import { usesKafka, type AuditKeys } from '@sallyport/contracts';
import type { LoadedConfig, Logger, Metrics } from '@sallyport/kit';
import { createAnchor } from './anchoring.ts';
import { loadCheckpointKeys } from './checkpoint-keys.ts';
import { createCheckpointMetrics } from './checkpoint-metrics.ts';
import { continueStored, continueTrail } from './continue-trail.ts';
import { startCheckpointer, type Checkpointer } from './create-checkpointer.ts';
import type { ProofStore } from './proof-store.ts';
import { readTrailLines } from './read-trail-lines.ts';

/** What the audit service does for the proof of the trail. */
export type Proof = {
  checkpointer: Pick<Checkpointer, 'stored'>;
  keys: AuditKeys;
  /** Publishes the events of this service. */
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  close(): Promise<void>;
};

type StartProof = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics?: Metrics;
  log?: AuditLog;
  /** The directory of a trail in files, from which the store is filled if it is new. */
  trail?: string;
  /** Resolves when the store has everything that was on the topic at the start. */
  caughtUp?: (signal: AbortSignal) => Promise<void>;
  now: () => number;
};

/** Starts to follow the chains, with a sink of its own unless all services share a log. */
export function startProof(parts: StartProof, proof: ProofStore): Proof {
  const { loaded, logger, metrics, log, trail, caughtUp, now } = parts;
  const { resolvePath } = loaded;
  // The database keeps what is not published yet, so this sink needs no spool, and its producers never continue.
  const { spool: _spool, ...audit } = loaded.config.audit;
  const keys = loadCheckpointKeys(loaded);
  if (!keys)
    logger.warn(
      'audit.checkpoints is not configured: nothing will show if the end of the audit trail, or all events of a producer, are missing',
    );
  const publicKeys = keys?.publicKeys ?? new Map<never, never>();
  const shared = usesKafka(audit.kafka) ? undefined : log;
  const sink = shared ?? createAuditSink(audit, { service: 'audit', logger, now, resolvePath });
  const checkpointer = startCheckpointer({
    proof,
    sink,
    logger,
    metrics: createCheckpointMetrics(metrics),
    now,
    retentionMs: audit.retention,
    ...(trail === undefined
      ? {}
      : {
          isAlone: true,
          prepare: (signal: AbortSignal) => continueTrail(proof, readTrailLines(trail), { keys: publicKeys, signal }),
        }),
    ...(caughtUp && keys
      ? {
          async prepare(signal: AbortSignal) {
            await caughtUp(signal);
            await continueStored(proof, publicKeys);
          },
        }
      : {}),
    ...(keys && audit.checkpoints ? { signing: { ...keys, ...audit.checkpoints } } : {}),
    ...(audit.checkpoints?.anchor ? { anchor: createAnchor(audit.checkpoints.anchor, { resolvePath }) } : {}),
  });
  return {
    checkpointer,
    keys: keys ? toJwks(keys.publicKeys) : { keys: [] },
    sink,
    async close() {
      await checkpointer.close();
      if (!shared) await sink.close();
    },
  };
}
