import type { OnCallStatus, ReplicaStatus } from '@sallyport/contracts';
import { createWarnOnce, type Logger, type Reloader } from '@sallyport/kit';
import { reportEveryMs } from './replica-registry.ts';

type ReplicaReporterDeps = {
  about: Pick<ReplicaStatus, 'service' | 'id' | 'host' | 'startedAt'>;
  reloader: Pick<Reloader, 'status' | 'onStatus'>;
  /** The on-call lists, if this service reads any. */
  onCall?: { status(): OnCallStatus[]; onStatus(listener: () => void): () => void };
  /** What else this replica reports. */
  more?: { status(): Partial<ReplicaStatus>; onStatus(listener: () => void): () => void };
  put(status: ReplicaStatus): Promise<unknown>;
  remove(id: string): Promise<unknown>;
  logger: Logger;
};

/**
 * Reports the status of this replica every five seconds, and at once when it changes. The next report makes up for a lost
 * one. `close` removes the replica.
 */
export function reportReplica(deps: ReplicaReporterDeps): { close(): Promise<void> } {
  const { about, reloader, onCall, more, logger } = deps;
  const outage = createWarnOnce(logger, { failed: 'this replica cannot report its status; retrying' });
  const report = async () => {
    const { version = 'unknown', since, rejected, waiting, warnings = [], restartNeeded } = reloader.status();
    const lists = onCall?.status() ?? [];
    try {
      await deps.put({
        ...about,
        version,
        since,
        restartNeeded,
        ...(rejected ? { rejected } : {}),
        ...(waiting ? { waiting } : {}),
        ...(warnings.length > 0 ? { warnings } : {}),
        ...(lists.length > 0 ? { onCall: lists } : {}),
        ...more?.status(),
      });
      outage.recovered();
    } catch (error) {
      outage.failed({ err: error });
    }
  };
  const stops = [reloader, onCall, more].flatMap((one) => one ?? []).map((one) => one.onStatus(() => void report()));
  const timer = setInterval(() => void report(), reportEveryMs);
  timer.unref();
  void report();
  return {
    async close() {
      for (const stop of stops) stop();
      clearInterval(timer);
      await deps.remove(about.id).catch(() => undefined);
    },
  };
}
