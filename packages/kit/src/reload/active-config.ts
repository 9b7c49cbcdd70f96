import { ConfigFaults, type ConfigFault } from '../config/config-faults.ts';
import { createListeners } from '../events/create-listeners.ts';
import type { Logger } from '../observe/create-logger.ts';
import type { ReadCandidate } from './config-reader.ts';
import { createReloadMetrics, type ReloadMetrics, type ReloadResult } from './reload-metrics.ts';
import {
  ReloadPostponed,
  type AcceptedCandidate,
  type ReloaderDeps,
  type ReloadStatus,
  type ReloadTrigger,
} from './reloader.ts';
import { restartPaths } from './restart-paths.ts';

const maxFaults = 20;
const publicKeyPath = /^services\.[a-z]+\.publicKey$/;

function bounded(faults: readonly ConfigFault[]): ConfigFault[] {
  return faults.length <= maxFaults
    ? [...faults]
    : [...faults.slice(0, maxFaults), { path: '', message: `and ${faults.length - maxFaults} more` }];
}

function logWarnings(warnings: readonly ConfigFault[], logger: Logger): void {
  for (const warning of bounded(warnings)) logger.warn({ ...warning }, 'policy warning');
}

function logAccepted(
  accepted: { version: string; previous: string | undefined; trigger: ReloadTrigger; restartNeeded: string[] },
  logger: Logger,
): void {
  const { version: policyVersion, previous, trigger, restartNeeded } = accepted;
  if (restartNeeded.length > 0)
    logger.warn({ paths: restartNeeded }, 'some changed settings take effect only after a restart');
  logger.info(
    { policyVersion, previous, trigger },
    previous === policyVersion ? 'reloaded the configuration; the policy is unchanged' : 'reloaded the configuration',
  );
}

/** Waits for all warnings of a configuration. Returns undefined if only those of compiling are known. */
async function lintedWarnings({ allWarnings }: AcceptedCandidate, logger: Logger): Promise<ConfigFault[] | undefined> {
  const linted = await allWarnings;
  if (allWarnings && !linted) logger.warn('the policies could not be linted; the policy in force is not affected');
  return linted;
}

/** Creates what leaves the configuration in force, and says why the one on disk is not. */
function createRefusals(
  { logger, now, onRejected }: ReloaderDeps,
  metrics: ReloadMetrics,
  { status, show }: { status(): ReloadStatus; show(next: ReloadStatus): void },
) {
  return {
    /** `failure` is set if the reader itself failed. */
    reject(found: readonly ConfigFault[], trigger: ReloadTrigger, failure?: unknown): ReloadResult {
      const faults = bounded(found);
      const { waiting: _over, ...rest } = status();
      metrics.read('rejected', now());
      logger.error(
        { faults, policyVersion: rest.version, trigger, ...(failure === undefined ? {} : { err: failure }) },
        'rejected the configuration on disk; the previous one stays in force',
      );
      onRejected?.({ version: rest.version, faults, trigger });
      show({ ...rest, rejected: { at: now(), faults } });
      return 'rejected';
    },
    postpone({ version }: AcceptedCandidate, reason: string, trigger: ReloadTrigger): ReloadResult {
      const { rejected: _over, waiting, ...rest } = status();
      metrics.read('postponed', now());
      logger.error(
        { policyVersion: rest.version, waiting: version, reason, trigger },
        'the configuration on disk cannot take effect yet; the previous one stays in force; will retry',
      );
      show({ ...rest, waiting: { at: waiting?.version === version ? waiting.at : now(), version, reason } });
      return 'postponed';
    },
  };
}

type ActiveConfig = ReturnType<typeof createActiveConfig>;

/** Creates the state of the configuration in force, which accepts or rejects candidates. */
export function createActiveConfig(deps: ReloaderDeps) {
  const { logger, now } = deps;
  const metrics = createReloadMetrics(deps.metrics);
  const listeners = createListeners<void>();
  const warningsOf = (warnings: readonly ConfigFault[]) =>
    deps.warnings === undefined ? {} : { warnings: bounded(warnings) };
  let status: ReloadStatus = {
    version: deps.version,
    since: now(),
    ...warningsOf(deps.warnings ?? []),
    restartNeeded: [],
  };
  if (deps.version !== undefined) {
    metrics.inForce(deps.version);
    metrics.started(now());
  }
  const show = (next: ReloadStatus) => {
    status = next;
    metrics.restartNeeded(next.restartNeeded.length);
    listeners.tell();
  };
  const { reject, postpone } = createRefusals(deps, metrics, { status: () => status, show });
  let accepted: AcceptedCandidate | undefined;
  const accept = async (candidate: AcceptedCandidate, trigger: ReloadTrigger): Promise<ReloadResult> => {
    await deps.apply(candidate, trigger);
    const { version, config, warnings } = candidate;
    const previous = status.version;
    const changed = previous !== version;
    // The service follows the files of public keys by itself.
    const restartNeeded = restartPaths(deps.loaded.config, config, deps.reloadable).filter(
      (path) => !(publicKeyPath.test(path) && deps.loaded.fileOf.has(path)),
    );
    metrics.read(changed ? 'changed' : 'unchanged', now());
    metrics.inForce(version);
    logAccepted({ version, previous, trigger, restartNeeded }, logger);
    show({ version, since: changed ? now() : status.since, ...warningsOf(warnings), restartNeeded });
    accepted = candidate;
    void lintedWarnings(candidate, logger).then((linted) => {
      if (accepted !== candidate) return;
      if (changed) logWarnings(linted ?? warnings, logger);
      if (linted) show({ ...status, ...warningsOf(linted) });
    });
    return changed ? 'changed' : 'unchanged';
  };
  return {
    status: () => status,
    onStatus: (listener: () => void) => listeners.add(listener),
    readerFailed: () => metrics.readerFailed(),
    accept,
    reject,
    postpone,
  };
}

/** Applies a candidate, rejects it, or postpones it. Never throws. */
export async function takeCandidate(
  { accept, reject, postpone }: Pick<ActiveConfig, 'accept' | 'reject' | 'postpone'>,
  { loaded, logger }: Pick<ReloaderDeps, 'loaded' | 'logger'>,
  candidate: ReadCandidate,
  trigger: ReloadTrigger,
): Promise<ReloadResult> {
  const { file } = loaded;
  if (!candidate.ok) return reject(candidate.faults, trigger);
  try {
    return await accept(candidate, trigger);
  } catch (error) {
    if (error instanceof ReloadPostponed) return postpone(candidate, error.message, trigger);
    if (error instanceof ConfigFaults)
      return reject(
        error.faults.map((fault) => ({ file, ...fault })),
        trigger,
      );
    logger.error({ err: error }, 'could not apply a configuration');
    return reject([{ path: '', file, message: 'could not be applied; see the log of the service' }], trigger);
  }
}
