import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from '@sallyport/contracts';
import { createLogger, dataFiles, proxyEnvironment, runEvery, type Logger } from '@sallyport/kit';
import { holdLock } from '@sallyport/spool';
import { startInProcess, type InProcessServices } from '../services/start-in-process.ts';
import { fingerprintOf } from '../settings/own-authority.ts';
import { prepareCertificate, prepareKeys } from './prepare-data.ts';
import { readServeSettings } from './read-settings.ts';

export type ServeRequest = { config: string; env: Record<string, string | undefined> };

/** The running gateway. */
export type RunningGateway = {
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

/** Issues a certificate of the directory's own authority when the one in use ends, or lacks a host. */
type OwnCertificate = { use(config: Config): void; close(): Promise<void> };

/** Keeps the certificate good while the gateway runs, which follows the file. */
function keepOwnCertificate(directory: string, config: Config, logger: Logger): OwnCertificate {
  let wanted = config;
  const renew = async () => {
    try {
      for (let done: Config | undefined; done !== wanted;) {
        done = wanted;
        if (await prepareCertificate(directory, done, Date.now)) logger.info('issued a new certificate of the gateway');
      }
    } catch (error) {
      logger.error({ reason: (error as Error).message }, 'cannot renew the certificate of the gateway');
    }
  };
  const renewal = runEvery(renewEveryMs, renew);
  return {
    use(changed) {
      wanted = changed;
      renewal.now();
    },
    close: () => renewal.close(),
  };
}

/** Says when the gateway is ready, and once a minute why it is not. */
async function announce(services: InProcessServices, { logger, say }: { logger: Logger; say(): void }): Promise<void> {
  for (;;)
    try {
      await services.ready();
      return say();
    } catch (error) {
      if (services.isClosed()) return;
      logger.warn({ reason: (error as Error).message }, 'the gateway is not ready');
    }
}

/**
 * Runs the four services in this process, with what they keep in one directory. Makes the keys and certificates that are
 * missing there. Resolves when all services listen, and logs when they are ready. Throws ConfigFaults if the configuration
 * is faulty, and an Error that says what to do if the directory cannot be used.
 */
export async function runServe({ config, env }: ServeRequest): Promise<RunningGateway> {
  const loggerOf = (service: string) => createLogger({ service, level: env['SALLYPORT_LOG_LEVEL'] ?? 'info' });
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
    const certificate = ownCertificate ? keepOwnCertificate(directory, loaded.config, logger) : undefined;
    closers.push(() => certificate?.close());
    const services: InProcessServices = await startInProcess({
      loaded,
      loggerOf,
      environment: proxyEnvironment(env),
      onConfig: (changed) => certificate?.use(changed),
    });
    closers.push(() => services.close());
    if (ownCertificate)
      logger.info(
        { caFingerprint: fingerprintOf(readFileSync(files.ca, 'utf8')) },
        "users log in with the fingerprint of the gateway's own CA",
      );
    const { url } = loaded.config.gateway;
    void announce(services, { logger, say: () => logger.info({ url, directory }, 'the gateway is ready') });
    return { reload: () => services.reload(), close };
  } catch (error) {
    await close();
    throw error;
  }
}
