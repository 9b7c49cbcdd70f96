import process from 'node:process';
import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** The keys whose values are never logged, at up to three levels of an object. */
const redactedPaths = [
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
 * Returns standard output, which writes several lines at a time: a write per line would cost as much as the line itself.
 * Lines wait at most 100 ms, and the rest is written when the process exits.
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
 * Refuses duplicate fields in child loggers. pino appends the fields of a child to those of its parent, and JSON readers
 * differ on which of two equal names counts.
 */
function refuseDuplicates(logger: Logger): Logger {
  const { child } = logger;
  logger.child = function childWithoutDuplicates(this: Logger, bindings: object, options?: object) {
    const existing = this.bindings();
    for (const name of Object.keys(bindings))
      if (Object.hasOwn(existing, name))
        throw new TypeError(`this logger already has the field "${name}": create another logger`);
    return child.call(this, bindings, options);
  } as typeof child;
  return logger;
}

/** Creates the logger of a service. `level` is a pino level; `destination` is for tests. */
export function createLogger(options: { service: string; level?: string; destination?: DestinationStream }): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    redact: { paths: redactedPaths, censor: '[redacted]' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  return refuseDuplicates(pino(settings, options.destination ?? standardOutput()));
}
