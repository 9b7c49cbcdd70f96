import type { ReplicaStatus } from '@sallyport/contracts';
import { createWarnOnce, type Logger, type Reloader } from '@sallyport/kit';
import { reportEveryMs } from './replica-registry.ts';

type ReplicaReporterDeps = {
  about: Pick<ReplicaStatus, 'service' | 'id' | 'host' | 'startedAt'>;
  reloader: Pick<Reloader, 'status' | 'onStatus'>;
  put(status: ReplicaStatus): Promise<unknown>;
  remove(id: string): Promise<unknown>;
  logger: Logger;
};

/**
 * Reports the status of this replica every five seconds, and at once when it changes. The next report makes up for a lost
 * one. `close` removes the replica.
 */
export function reportReplica(deps: ReplicaReporterDeps): { close(): Promise<void> } {
  const { about, reloader, logger } = deps;
  const outage = createWarnOnce(logger, { failed: 'this replica cannot report its status; retrying' });
  const report = async () => {
    const { version = 'unknown', since, rejected, waiting, warnings = [], restartNeeded } = reloader.status();
    try {
      await deps.put({
        ...about,
        version,
        since,
        restartNeeded,
        ...(rejected ? { rejected } : {}),
        ...(waiting ? { waiting } : {}),
        ...(warnings.length > 0 ? { warnings } : {}),
      });
      outage.recovered();
    } catch (error) {
      outage.failed({ err: error });
    }
  };
  const stop = reloader.onStatus(() => void report());
  const timer = setInterval(() => void report(), reportEveryMs);
  timer.unref();
  void report();
  return {
    async close() {
      stop();
      clearInterval(timer);
      await deps.remove(about.id).catch(() => undefined);
    },
  };
}
