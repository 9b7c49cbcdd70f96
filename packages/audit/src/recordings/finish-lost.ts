import { hash } from 'node:crypto';
import { auditKey, createAuditRecord, type AuditSink } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import { createWarnOnce, runEvery, uuidOf, type Logger } from '@sallyport/kit';
import { createCurrency } from '../events/trail-currency.ts';
import type { RecordingStore, SilentRecording } from './recording-store.ts';

type FinisherDeps = {
  recordings: Pick<RecordingStore, 'claimSilent'>;
  /** Publishes the ends. What does not come back is published again. */
  sink: Pick<AuditSink, 'enqueue' | 'hasRoom'>;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Throws while the events of the trail cannot be read. */
  checkTrail(): void;
  /** How long a recording may show no sign of life, in milliseconds. */
  lostAfterMs: number;
  everyMs?: number;
};

/** An end that did not come back by then is published again, by any replica. */
const publishAgainMs = 600_000;
/** How long nothing old may have arrived before silence means something. */
const currentMs = 60_000;

/**
 * Starts to publish the end of recordings whose gateway is gone with its disk. A gateway that comes back nevertheless
 * publishes the parts and the end that it has, which then count.
 */
export function startFinisher(deps: FinisherDeps): {
  stored(records: readonly AuditRecord[]): void;
  close(): Promise<void>;
} {
  const { recordings, sink, now, lostAfterMs } = deps;
  const outage = createWarnOnce(deps.logger, { failed: 'cannot look for recordings that are lost; retrying' });
  const currency = createCurrency(deps, currentMs);
  const step = async () => {
    if (!currency.isCurrent() || !sink.hasRoom()) return;
    const at = now();
    for (const lost of await recordings.claimSilent(at - lostAfterMs, at - publishAgainMs, at)) {
      const { id, cluster, user, parts } = lost.recording;
      deps.logger.error({ recording: id, cluster, user, parts }, 'a recording has no end: its gateway is gone');
      sink.enqueue(lostRecord(lost, lostAfterMs));
    }
  };
  const turns = runEvery(deps.everyMs ?? 30_000, () =>
    step().then(outage.recovered, (error: unknown) => outage.failed({ reason: (error as Error).message })),
  );
  return {
    stored(records) {
      if (records.length > 0) currency.stored(records);
    },
    close: () => turns.close(),
  };
}

/**
 * Creates the event of the end. Its id and time follow from the recording, so that it is stored once however often it is
 * published.
 */
function lostRecord({ recording, seen }: SilentRecording, lostAfterMs: number): AuditRecord {
  const { id, auditId, cluster, resource, kind, namespace, name, sessionId, stream, user, parts, bytes, demand } =
    recording;
  const reason = 'the gateway shows no sign of life';
  return createAuditRecord(
    {
      type: 'recording.finished',
      source: 'sallyport/audit',
      key: auditKey(cluster, sessionId ?? undefined),
      data: {
        auditID: auditId,
        stage: 'ResponseComplete',
        requestURI: '',
        verb: 'create',
        user: { username: user },
        objectRef: { resource, namespace, name, ...(resource === 'pods' ? { subresource: kind } : {}) },
        sallyport: {
          cluster: { id: cluster, name: cluster },
          ...(sessionId == null ? {} : { sessionId }),
          ...(stream == null ? {} : { stream: { id: stream, kind } }),
          recording: { id, demand, outcome: 'lost', parts, bytes, reason },
        },
      },
    },
    { now: () => seen + lostAfterMs, randomId: () => uuidOf(hash('sha256', `lost recording ${id} ${seen}`, 'buffer')) },
  );
}
