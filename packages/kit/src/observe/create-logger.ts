import process from 'node:process';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** The one list of what never reaches a log, wherever it stands in an object. */
export const redactedPaths = [
  'authorization',
  'cookie',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
  'code_verifier',
  'clientSecret',
  'client_secret',
  'password',
  'set-cookie',
]
  .flatMap((name) => [name, `*.${name}`, `*.*.${name}`])
  .map((path) =>
    path.replace(/(^|\.)([a-z]+(?:-[a-z]+)+)$/, (_all, dot, name) => `${dot === '.' ? '' : ''}["${name}"]`),
  );

let shared: DestinationStream | undefined;

/**
 * Standard output, a few lines at a time: a write for each costs as much as the line itself. Nothing waits longer than
 * 100 ms, and what is left goes out when the process ends.
 */
function standardOutput(): DestinationStream {
  if (!shared) {
    const output = pino.destination({ dest: 1, sync: true, minLength: 4096, periodicFlush: 100 });
    process.once('exit', () => output.flushSync());
    shared = output;
  }
  return shared;
}

/**
 * pino appends what a child says to what its parent said: the same name again would stand in each line twice, and
 * readers of JSON differ on which one counts.
 */
function sayOnce(logger: Logger): Logger {
  const { child } = logger;
  logger.child = function sayingOnce(this: Logger, bindings: object, options?: object) {
    const said = this.bindings();
    for (const name of Object.keys(bindings))
      if (Object.hasOwn(said, name)) throw new TypeError(`this logger already says "${name}": create another one`);
    return child.call(this, bindings, options);
  } as typeof child;
  return logger;
}

/** Creates a service's logger. `level` as pino names them; `destination` is for tests. */
export function createLogger(options: { service: string; level?: string; destination?: DestinationStream }): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    redact: { paths: redactedPaths, censor: '[redacted]' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  return sayOnce(pino(settings, options.destination ?? standardOutput()));
}
