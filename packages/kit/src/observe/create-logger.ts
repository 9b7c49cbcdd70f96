import { pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

/** The one list of what never reaches a log, wherever it stands in an object. */
export const redactedPaths = [
  'authorization', 'cookie', 'token', 'access_token', 'refresh_token', 'id_token', 'code_verifier', 'clientSecret', 'client_secret', 'password', 'set-cookie',
].flatMap((name) => [name, `*.${name}`, `*.*.${name}`]).map((path) => path.replace(/(^|\.)([a-z]+(?:-[a-z]+)+)$/, (_all, dot, name) => `${dot === '.' ? '' : ''}["${name}"]`));

/** Creates a service's logger. `level` as pino names them; `destination` is for tests. */
export function createLogger(options: { service: string; level?: string; destination?: DestinationStream }): Logger {
  const settings = {
    level: options.level ?? 'info',
    base: { service: options.service },
    redact: { paths: redactedPaths, censor: '[redacted]' },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}
