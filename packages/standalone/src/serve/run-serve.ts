import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, dataFiles, type Logger } from '@sallyport/kit';
import { holdLock } from '@sallyport/spool';
import { startInProcess, type InProcessServices } from '../services/start-in-process.ts';
import { fingerprintOf } from '../settings/own-authority.ts';
import { prepareCertificate, prepareKeys } from './prepare-data.ts';
import { readServeSettings } from './read-settings.ts';

export type ServeRequest = { config: string; env: Record<string, string | undefined> };

/** The running gateway. */
export type RunningGateway = {
  logger: Logger;
  /** Reads the configuration again. */
  reload(): void;
  close(): Promise<void>;
};

/** How long the process before this one may take to end. */
const waitForLockMs = 5000;
/** How often it is looked whether the gateway's certificate ends soon. */
const renewEveryMs = 12 * 3_600_000;

async function lock(directory: string): Promise<() => void> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const until = Date.now() + waitForLockMs; ; await pause(100)) {
    const unlock = holdLock(directory);
    if (unlock) return unlock;
    if (Date.now() > until)
      throw new Error(`another process uses ${directory}; stop it, or name another directory with \`data\``);
  }
}

/** Renews the certificate of the directory's own authority while the gateway runs. The gateway follows the file. */
function keepCertificate(directory: string, read: () => Parameters<typeof prepareCertificate>[1], logger: Logger) {
  const timer = setInterval(() => {
    prepareCertificate(directory, read(), Date.now).then(
      (isNew) => isNew && logger.info('issued a new certificate of the gateway'),
      (error: unknown) =>
        logger.error({ reason: (error as Error).message }, 'cannot renew the certificate of the gateway'),
    );
  }, renewEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Runs the four services in this process, with what they keep in one directory. Makes the keys and certificates that are
 * missing there. Resolves when all services are ready. Throws ConfigFaults if the configuration is faulty, and an Error
 * that says what to do if the directory cannot be used.
 */
export async function runServe({ config, env }: ServeRequest): Promise<RunningGateway> {
  const loggerOf = (service: string) => createLogger({ service, level: env.SALLYPORT_LOG_LEVEL ?? 'info' });
  const logger = loggerOf('sallyport');
  const { directory, ownCertificate, ...first } = readServeSettings(config, env);
  const closers: (() => unknown)[] = [await lock(directory)];
  const close = async () => {
    for (const end of closers.toReversed()) await end();
  };
  try {
    const files = dataFiles(directory);
    if (!existsSync(files.keyOf('proxy'))) logger.info({ directory }, 'making the keys of a new gateway');
    prepareKeys(directory);
    if (ownCertificate) await prepareCertificate(directory, first.loaded.config, Date.now);
    // With the keys and the certificate.
    const { loaded } = readServeSettings(config, env);
    const services: InProcessServices = await startInProcess({
      loaded,
      loggerOf,
      environment: {
        ...(env.HTTPS_PROXY === undefined ? {} : { httpsProxy: env.HTTPS_PROXY }),
        ...(env.NO_PROXY === undefined ? {} : { noProxy: env.NO_PROXY }),
      },
    });
    closers.push(() => services.close());
    await services.ready();
    if (ownCertificate) {
      closers.push(keepCertificate(directory, () => readServeSettings(config, env).loaded.config, logger));
      logger.info(
        { caFingerprint: fingerprintOf(readFileSync(files.ca, 'utf8')) },
        "users log in with the fingerprint of the gateway's own CA",
      );
    }
    logger.info({ url: loaded.config.gateway.url, directory }, 'the gateway is ready');
    return { logger, reload: () => services.reload(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
