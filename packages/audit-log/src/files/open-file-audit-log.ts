import { join } from 'node:path';
import type { AuditConfig } from '@sallyport/contracts';
import { runEvery, withDeadline, type Logger, type Metrics } from '@sallyport/kit';
import { createDirectory, diskFiles, holdLock, openSpool, type Files, type Spool } from '@sallyport/spool';
import type { AuditMessage } from '../kafka/audit-message.ts';
import type { AuditLog } from '../sink/audit-sink.ts';
import { createSendingSink, type AuditSender } from '../sink/create-sending-sink.ts';
import { syncWithinMs } from '../sink/create-audit-sink.ts';
import { openConsumerPositions, type ConsumerPositions } from './consumer-positions.ts';
import { createConsumerSet } from './consumer-set.ts';
import { deleteOldFiles, type DeletionDeps } from './delete-old-files.ts';
import { createFileLogMetrics, type FileLogMetrics } from './file-log-metrics.ts';
import { recoverTrail } from './recover-trail.ts';
import { trailDirectory } from './trail-files.ts';
import { Trail, type TrailFile } from './trail.ts';
import { toTrailLine, type TrailLine } from './trail-line.ts';

/** `data` of the configuration, and of `audit` what a log in files needs. */
export type FileAuditLogConfig = {
  data: string;
  audit: Pick<AuditConfig, 'files' | 'retention' | 'legalHolds' | 'spool'>;
};

export type FileAuditLogDeps = {
  /** The first part of the producer's id. The default is `sallyport`, for all services in one process. */
  service?: string;
  logger: Logger;
  metrics?: Metrics;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Resolves a path relative to the configuration. */
  resolvePath?: (file: string) => string;
  /** How long `publish` waits for an acknowledgement. */
  publishTimeoutMs?: number;
  /** The size at which a new file begins. The default is 32 MiB, at most an eighth of `audit.files.maxBytes`. */
  fileBytes?: number;
  /** For tests. */
  files?: Files;
};

const mebibyte = 1024 * 1024;
/** Without `audit.spool`. It holds what the disk of the trail does not take. */
const spoolBytes = 256 * mebibyte;
/** How often files are looked for that may be deleted. */
const deleteEveryMs = 60_000;
/** How long what is under way may take when everything else is closed. */
const closeWithinMs = 1000;

type OpenFiles = {
  trail: Trail;
  positions: ConsumerPositions;
  /** The last number of each chain that was delivered. */
  delivered: ReadonlyMap<string, number>;
  unlock(): void;
};

/**
 * Lets each consumer whose position is beyond the end of the trail read the newest file again. A copy of a directory in
 * use has such positions, and what is appended next would never be read.
 */
async function resetPositions(
  positions: ConsumerPositions,
  loaded: readonly TrailFile[],
  logger: Logger,
): Promise<void> {
  const newest = loaded.at(-1);
  if (!newest) return;
  for (const [consumer, { file, offset }] of positions.saved) {
    const { number, size } = loaded.find((one) => one.number === file) ?? newest;
    if (file < number || (file === number && offset <= size)) continue;
    logger.warn(
      { consumer, file, offset, size },
      'the position of a consumer of audit events is beyond the end of its file; it begins that file anew',
    );
    await positions.save(consumer, { file: number, offset: 0 }, positions.storeOf(consumer));
    positions.note(consumer, { file: number, offset: 0 });
  }
}

async function openTrail(
  dir: string,
  spool: Spool,
  rest: Pick<ConstructorParameters<typeof Trail>[0], 'files' | 'fileBytes' | 'onCreate' | 'onAppended'> & {
    logger: Logger;
  },
): Promise<OpenFiles> {
  const { files, logger } = rest;
  await createDirectory(dir, logger);
  const unlock = holdLock(dir);
  if (!unlock)
    throw new Error(`Another process writes the audit trail in ${dir}. Give each process a \`data\` of its own.`);
  try {
    const positions = await openConsumerPositions(files, join(dir, 'consumers'), logger);
    const { loaded, isSealed, lasts } = await recoverTrail({ files, dir, spool, logger });
    // A consumer that has read a file must not take another one for it.
    const numbers = [...loaded.map(({ number }) => number), ...[...positions.saved.values()].map(({ file }) => file)];
    await resetPositions(positions, loaded, logger);
    const trail = new Trail({ ...rest, dir, loaded, isSealed, next: Math.max(0, ...numbers) + 1 });
    return { trail, positions, delivered: lasts, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Creates what appends messages. A batch that failed comes again as the same array, and has the same lines. */
function createTrailSender(trail: Trail): AuditSender {
  const encoded = new WeakMap<readonly AuditMessage[], TrailLine[]>();
  return {
    opened: Promise.resolve(),
    async send(messages) {
      const lines = encoded.get(messages) ?? messages.map(toTrailLine);
      encoded.set(messages, lines);
      await trail.append(lines);
    },
    async ping() {
      if (trail.failure !== undefined) throw new Error(`the audit trail cannot be written: ${trail.failure}`);
    },
    // The log closes the trail, when its consumers have ended.
    close: async () => undefined,
  };
}

/**
 * Opens the audit log of a single process in files below `<data>/trail`, one event per line, as `sallyport audit verify`
 * reads them. Events go through a spool (`audit.spool`, or `<data>/spool`), which continues the chain after a crash. An
 * event is acknowledged when the disk has it in its file, where it is exactly once. While the disk fails, events wait in
 * the spool. Consumers read the files, so one that is slow or fails holds up no acknowledgement. Files are deleted by
 * `audit.retention`, `audit.legalHolds` and `audit.files.maxBytes`. Rejects if another process has one of the
 * directories, or if they cannot be written.
 */
export async function openFileAuditLog(config: FileAuditLogConfig, deps: FileAuditLogDeps): Promise<AuditLog> {
  const { logger, metrics, now, service = 'sallyport', resolvePath = (file) => file, files = diskFiles } = deps;
  const { audit } = config;
  const data = resolvePath(config.data);
  const { maxBytes } = audit.files;
  const fileBytes = deps.fileBytes ?? Math.min(32 * mebibyte, Math.floor(maxBytes / 8));
  const dir = audit.spool ? join(resolvePath(audit.spool.dir), service) : join(data, 'spool');
  const spool = await openSpool(
    { dir, maxBytes: audit.spool?.maxBytes ?? spoolBytes, syncWithinMs, logger, now },
    files,
  );
  const opened = await openTrail(trailDirectory(data), spool, {
    files,
    fileBytes,
    logger,
    onCreate: (made) => deleteOldFiles(made, deletion, fileBytes),
    onAppended: () => consumers.wake(),
  }).catch(async (error: unknown) => {
    await spool.close();
    throw error;
  });
  const { trail, positions, delivered, unlock } = opened;
  const counters: FileLogMetrics = createFileLogMetrics(metrics, () => ({
    files: trail.list.map(({ size }) => size),
    maxBytes,
    behind: consumers.behind(),
  }));
  const consumers = createConsumerSet({ trail, positions, files, logger, onSkipped: () => counters.skipped() });
  const deletion: DeletionDeps = {
    positions,
    logger,
    now,
    maxBytes,
    retentionMs: audit.retention,
    holds: audit.legalHolds,
    onDeleted: (reason, count) => counters.deleted(reason, count),
  };
  const deletes = runEvery(deleteEveryMs, () => trail.alone(() => deleteOldFiles(trail, deletion)));
  deletes.now();
  const sink = createSendingSink({ ...deps, service, spool, sender: createTrailSender(trail), delivered });
  const close = async (timeoutMs: number): Promise<void> => {
    await sink.close(timeoutMs);
    await consumers.close(timeoutMs);
    // What the disk has not answered to still uses the files, and keeps the lock.
    const ended = Promise.all([consumers.ended(), deletes.close(), trail.close()]).then(unlock);
    const late = () => new Error('the disk or a consumer has not answered');
    await withDeadline(ended, closeWithinMs, late).catch((error: Error) =>
      logger.warn({ reason: error.message }, 'closed the audit log before everything in it had ended'),
    );
  };
  let closing: Promise<void> | undefined;
  return {
    ...sink,
    close: (timeoutMs = 5000) => (closing ??= close(timeoutMs)),
    subscribe: consumers.subscribe,
  };
}
