import type { Config } from '@sallyport/contracts';
import { ConfigFaults, type ConfigFault } from '../config/config-faults.ts';
import { differ, identitiesOf } from '../config/file-identity.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Metrics } from '../observe/create-admin-server.ts';
import type { Logger } from '../observe/create-logger.ts';
import { createListeners } from '../events/create-listeners.ts';
import type { ConfigReader, ReadCandidate } from './config-reader.ts';
import { createBackOff, type BackOffDeps } from './back-off.ts';
import { createFileFollower, type FileFollowerDeps } from './follow-files.ts';
import { createReloadMetrics, type ReloadResult } from './reload-metrics.ts';
import { restartPaths } from './restart-paths.ts';

/** Why the configuration is read again. */
export type ReloadTrigger = 'start' | 'file' | 'signal' | 'request';
type UnreadCandidate = Extract<ReadCandidate, { ok: false }>;
export type AcceptedCandidate = Extract<ReadCandidate, { ok: true }>;

/** What is in force, and what is the matter with the file. Times are milliseconds since the epoch. */
export type ReloadStatus = {
  /** Undefined until it is known. */
  version: string | undefined;
  since: number;
  rejected?: { at: number; faults: ConfigFault[] };
  /** What is doubtful about the policies in force; absent where this service does not say. */
  warnings?: ConfigFault[];
  restartNeeded: string[];
};

export type ReloaderDeps = {
  loaded: LoadedConfig;
  version: string | undefined;
  /** What is doubtful about the policies that are in force at first; without it the service says nothing of that. */
  warnings?: readonly ConfigFault[];
  read: ConfigReader;
  /** Puts a configuration in force, as a whole or not at all. ConfigFaults refuse it. */
  apply(candidate: AcceptedCandidate): Promise<void>;
  /** The sections that this service takes into use without a restart, or that are no business of it. */
  reloadable: readonly (keyof Config)[];
  onChanged?(event: { previous: string | undefined; version: string; trigger: ReloadTrigger }): void;
  onRejected?(event: { version: string | undefined; faults: ConfigFault[]; trigger: ReloadTrigger }): void;
  logger: Logger;
  metrics?: Metrics;
  now: () => number;
  pace?: Pick<FileFollowerDeps, 'everyMs' | 'quietMs'>;
  retry?: Omit<BackOffDeps, 'again'>;
};

/** Keeps a service's configuration what its file says, or the last one that could be used. */
export type Reloader = {
  status(): ReloadStatus;
  /** Reads the file now. Calls during a reading share the one after it. Never rejects. */
  reload(trigger: ReloadTrigger): Promise<ReloadResult>;
  /** Looks whether a file has changed. */
  look(): void;
  /** Calls back whenever the status may have changed; returns how to stop. */
  onStatus(listener: () => void): () => void;
  close(): Promise<void>;
};

const mostFaults = 20;

function bounded(faults: readonly ConfigFault[]): ConfigFault[] {
  return faults.length <= mostFaults
    ? [...faults]
    : [...faults.slice(0, mostFaults), { path: '', message: `and ${faults.length - mostFaults} more` }];
}

/** Runs `work` once at a time; whoever asks meanwhile gets the next run, together with all others who ask. */
function oneAtATime<A, R>(work: (argument: A) => Promise<R>) {
  let running: Promise<R> | undefined;
  let next: Promise<R> | undefined;
  const start = (argument: A) => {
    running = work(argument).finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    run(argument: A): Promise<R> {
      if (!running) return start(argument);
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return start(argument);
        });
      return next;
    },
    idle: async () => {
      while (running) await running.catch(() => undefined);
    },
  };
}

/** What is in force, and how a newly read configuration comes into force or is refused. */
function createInForce(deps: ReloaderDeps) {
  const { logger, now } = deps;
  const metrics = createReloadMetrics(deps.metrics);
  const listeners = createListeners<void>();
  const doubts = (warnings: readonly ConfigFault[]) =>
    deps.warnings === undefined ? {} : { warnings: bounded(warnings) };
  let status: ReloadStatus = { version: deps.version, since: now(), ...doubts(deps.warnings ?? []), restartNeeded: [] };
  if (deps.version !== undefined) {
    metrics.inForce(deps.version);
    metrics.started(now());
  }
  const show = (next: ReloadStatus) => {
    status = next;
    metrics.restartNeeded(next.restartNeeded.length);
    listeners.tell();
  };
  return {
    status: () => status,
    onStatus: (listener: () => void) => listeners.add(listener),
    readerFailed: () => metrics.readerFailed(),
    /** `failure`: why the file could not be read at all, where that is not the file's fault. */
    reject(found: readonly ConfigFault[], trigger: ReloadTrigger, failure?: unknown): ReloadResult {
      const faults = bounded(found);
      metrics.read('rejected', now());
      logger.error(
        { faults, policyVersion: status.version, trigger, ...(failure === undefined ? {} : { err: failure }) },
        'the configuration on disk is refused; the one before stays in force',
      );
      deps.onRejected?.({ version: status.version, faults, trigger });
      show({ ...status, rejected: { at: now(), faults } });
      return 'rejected';
    },
    async accept(candidate: AcceptedCandidate, trigger: ReloadTrigger): Promise<ReloadResult> {
      await deps.apply(candidate);
      const { version, config, warnings } = candidate;
      const previous = status.version;
      const changed = previous !== version;
      const restartNeeded = restartPaths(deps.loaded.config, config, deps.reloadable);
      metrics.read(changed ? 'changed' : 'unchanged', now());
      metrics.inForce(version);
      if (changed) for (const warning of warnings) logger.warn({ ...warning }, 'policy warning');
      if (restartNeeded.length > 0)
        logger.warn(
          { paths: restartNeeded },
          'some settings have changed that only a restart takes into use; the old ones stay',
        );
      logger.info(
        { policyVersion: version, previous, trigger },
        changed
          ? 'the configuration was read again and is in force'
          : 'the configuration was read again; policy is as it was',
      );
      if (changed) deps.onChanged?.({ previous, version, trigger });
      show({ version, since: changed ? now() : status.since, ...doubts(warnings), restartNeeded });
      return changed ? 'changed' : 'unchanged';
    },
  };
}

/**
 * Creates the reloader and begins to follow the files. A configuration that is faulty anywhere is refused as a whole,
 * and the one in force stays.
 */
export function createReloader(deps: ReloaderDeps): Reloader {
  const { loaded, logger } = deps;
  const { accept, reject, readerFailed, status, onStatus } = createInForce(deps);
  let files: ReadonlyMap<string, string> = loaded.files;
  let { maxBytes } = loaded.config.reload;
  const stopping = new AbortController();

  const take = async (candidate: ReadCandidate, trigger: ReloadTrigger): Promise<ReloadResult> => {
    if (!candidate.ok) return reject(candidate.faults, trigger);
    try {
      const result = await accept(candidate, trigger);
      ({ maxBytes } = candidate.config.reload);
      return result;
    } catch (error) {
      if (error instanceof ConfigFaults)
        return reject(
          error.faults.map((fault) => ({ file: loaded.file, ...fault })),
          trigger,
        );
      logger.error({ err: error }, 'a configuration could not be put in force');
      return reject(
        [{ path: '', file: loaded.file, message: 'could not be put in force; the log of the service says why' }],
        trigger,
      );
    }
  };
  let unread = false;
  /**
   * The reader itself failed. The file is as it was, so that nothing but time tells when to try again; to say so once
   * is enough.
   */
  const putOff = (candidate: UnreadCandidate, trigger: ReloadTrigger, tookMs: number): ReloadResult => {
    readerFailed();
    retry.failed(tookMs);
    if (unread && trigger === 'file') return 'rejected';
    unread = true;
    return reject(candidate.faults, trigger, candidate.failure);
  };
  const reading = oneAtATime(async (trigger: ReloadTrigger): Promise<ReloadResult> => {
    const seen = await identitiesOf(files.keys());
    // What was noticed may have been read meanwhile.
    if (trigger === 'file' && !unread && !differ(files, seen)) return 'unchanged';
    const began = performance.now();
    const candidate = await deps.read({ file: loaded.file, maxBytes, files: files.keys(), signal: stopping.signal });
    if (stopping.signal.aborted) return 'unchanged';
    if (!candidate.ok && candidate.failure !== undefined) {
      const result = putOff(candidate, trigger, performance.now() - began);
      follower.follow(seen);
      return result;
    }
    unread = false;
    retry.reset();
    // What could not be read is followed as well: it may come.
    if (candidate.files.length > 0) files = new Map(candidate.files);
    const result = await take(candidate, trigger);
    if (!stopping.signal.aborted) follower.follow(files);
    return result;
  });
  const retry = createBackOff({ ...deps.retry, again: () => void reading.run('file') });
  const follower = createFileFollower({ ...deps.pace, onChange: () => void reading.run('file') });
  follower.follow(files);
  return {
    status,
    onStatus,
    reload: (trigger) => reading.run(trigger),
    look: () => follower.look(),
    async close() {
      stopping.abort();
      retry.reset();
      follower.close();
      await reading.idle();
    },
  };
}
