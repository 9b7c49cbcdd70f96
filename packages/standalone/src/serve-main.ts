// `sallyport serve`: the command line imports this file when it has read its arguments.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { ConfigFaults, createLogger, ListenFailure, onSignal } from '@sallyport/kit';
import { readServeSettings } from './serve/read-settings.ts';
import { runServe, type ServeRequest } from './serve/run-serve.ts';

const say = (text: string) => void process.stderr.write(`${text}\n`);

/** Checks the configuration without changing anything. Throws ConfigFaults. */
export const checkServe = ({ config, env }: ServeRequest): void => void readServeSettings(config, env);

/**
 * Runs the gateway until SIGTERM or SIGINT, and then exits with 0. Reloads the configuration on SIGHUP. Exits with 1 if it
 * cannot start.
 */
export async function serve(request: ServeRequest): Promise<void> {
  // A garbage collection may crash in code of V8's baseline compiler (https://github.com/nodejs/node/issues/62393).
  setFlagsFromString('--no-sparkplug');
  // Both as in the image: see deploy/image/entrypoint.sh.
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  // Otherwise it would open a debugger, which can read keys and tokens.
  process.on('SIGUSR1', () => undefined);
  const logger = createLogger({ service: 'sallyport', level: request.env['SALLYPORT_LOG_LEVEL'] ?? 'info' });
  const starting = runServe(request);
  onSignal(async (signal) => {
    logger.info({ signal }, 'stopping');
    await (await starting).close();
  }, logger);
  process.on('SIGHUP', () => void starting.then((gateway) => gateway.reload()));
  try {
    await starting;
  } catch (error) {
    const isPlain = error instanceof ConfigFaults || error instanceof ListenFailure;
    if (!isPlain) logger.fatal({ err: error }, 'could not start');
    say(isPlain ? error.message : `sallyport: ${(error as Error).message}`);
    process.exit(1);
  }
}
