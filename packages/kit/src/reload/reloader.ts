import type { ConfigFault } from '../config/config-faults.ts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Metrics } from '../observe/create-admin-server.ts';
import type { Logger } from '../observe/create-logger.ts';
import type { ConfigReader, ReadCandidate } from './config-reader.ts';
import type { FileFollowerDeps } from './follow-files.ts';
import type { ReloadResult } from './reload-metrics.ts';
import type { SettingPath } from './restart-paths.ts';

/** Why the configuration is read. */
export type ReloadTrigger = 'start' | 'file' | 'signal' | 'request';
export type AcceptedCandidate = Extract<ReadCandidate, { ok: true }>;

/** The configuration in force, and the state of its file. Times are milliseconds since the epoch. */
export type ReloadStatus = {
  /** Undefined until it is known. */
  version: string | undefined;
  since: number;
  rejected?: { at: number; faults: ConfigFault[] };
  /** Set while the file is valid but cannot take effect yet. `at` is when that began. */
  waiting?: { at: number; version: string; reason: string };
  /** Warnings about the policies in force; absent if this service does not report them. */
  warnings?: ConfigFault[];
  restartNeeded: string[];
};

export type ReloaderDeps = {
  loaded: LoadedConfig;
  version: string | undefined;
  /** Warnings about the initial policies. Without them the status reports no warnings at all. */
  warnings?: readonly ConfigFault[];
  read: ConfigReader;
  /**
   * Applies a configuration, completely or not at all. Throws ConfigFaults to reject it, and ReloadPostponed if it must
   * wait.
   */
  apply(candidate: AcceptedCandidate, trigger: ReloadTrigger): Promise<void>;
  /** Whether it is worth trying a configuration again that had to wait. Never rejects. The default is always. */
  canApply?(): Promise<boolean>;
  /** The settings that take effect without a restart, or that this service does not use. */
  reloadable: readonly SettingPath[];
  onRejected?(event: { version: string | undefined; faults: ConfigFault[]; trigger: ReloadTrigger }): void;
  logger: Logger;
  metrics?: Metrics;
  now: () => number;
  pace?: Pick<FileFollowerDeps, 'everyMs' | 'quietMs'>;
  retry?: Omit<BackOffDeps, 'again'>;
};

/** Keeps a service on the configuration in its file, or on the last valid one. */
export type Reloader = {
  status(): ReloadStatus;
  /** Reads the file now. Calls during a read share the next one. Never rejects. */
  reload(trigger: ReloadTrigger): Promise<ReloadResult>;
  /** Checks whether a file has changed. */
  checkFiles(): void;
  /** Calls back whenever the status may have changed. Returns a function that unsubscribes. */
  onStatus(listener: () => void): () => void;
  close(): Promise<void>;
};

type BackOffDeps = {
  again(): void;
  /** The shortest and the longest pause in milliseconds. Each pause is twice as long as the one before. */
  firstMs?: number;
  maxMs?: number;
};

/** Limits attempts to a tenth of the time, however long one takes. */
const restFactor = 9;

/** Creates retries with growing pauses. */
export function createBackOff({ again, firstMs = 1000, maxMs = 300_000 }: BackOffDeps) {
  let pauseMs = firstMs;
  let timer: NodeJS.Timeout | undefined;
  return {
    /** Handles a failed attempt that took `tookMs`: calls `again` after a pause. */
    failed(tookMs: number): void {
      clearTimeout(timer);
      timer = setTimeout(again, Math.max(pauseMs, tookMs * restFactor));
      timer.unref();
      pauseMs = Math.min(pauseMs * 2, maxMs);
    },
    /** Cancels a running pause and starts over with the shortest one. */
    reset(): void {
      clearTimeout(timer);
      pauseMs = firstMs;
    },
  };
}

/**
 * Thrown by `apply` when a valid configuration cannot take effect yet. The reloader keeps the one in force and tries
 * again by itself. The message says why, for the operator.
 */
export class ReloadPostponed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ReloadPostponed';
  }
}
