// `sallyport serve`: the command line imports this file when it has read its arguments.
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { ConfigFaults, ListenFailure } from '@sallyport/kit';
import { readServeSettings } from './serve/read-settings.ts';
import { runServe, type RunningGateway, type ServeRequest } from './serve/run-serve.ts';

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
  // Otherwise it would open a debugger, which can read keys and tokens.
  process.on('SIGUSR1', () => undefined);
  let gateway: RunningGateway | undefined;
  let stopping: string | undefined;
  const stop = (signal: string) => {
    gateway!.logger.info({ signal }, 'stopping');
    gateway!.close().then(
      () => process.exit(0),
      (error: unknown) => {
        gateway!.logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      // A second signal does not wait.
      if (stopping !== undefined) process.exit(1);
      stopping = signal;
      if (gateway) stop(signal);
    });
  process.on('SIGHUP', () => gateway?.reload());
  try {
    gateway = await runServe(request);
    if (stopping !== undefined) stop(stopping);
  } catch (error) {
    const isPlain = error instanceof ConfigFaults || error instanceof ListenFailure;
    say(isPlain ? error.message : `sallyport: ${(error as Error).message}`);
    process.exit(1);
  }
}
