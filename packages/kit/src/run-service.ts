import process from 'node:process';
import { parseArgs } from 'node:util';
import type { ListenAddress, ServiceName } from '@sallyport/contracts';
import { ConfigFaults } from './config/config-faults.ts';
import type { LoadedConfig } from './config/load-config.ts';
import { examineForService, type ServiceCheck } from './config/service-check.ts';
import { ListenFailure } from './http/listen-failure.ts';
import { listenHttp } from './http/listen-http.ts';
import { createAdminServer, createMetrics, type Metrics } from './observe/create-admin-server.ts';
import { createLogger, type Logger } from './observe/create-logger.ts';
import { createReadiness, type Readiness } from './observe/readiness.ts';
import { argumentFault } from './problem/problem-error.ts';

/** The parts that every service is started with. */
type ServiceParts = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  /**
   * How long a stopping service, which is no longer ready, still accepts requests while clients give up the connections
   * that they keep, in milliseconds.
   */
  releaseMs: number;
};

/** Longer than leader elections and most informers leave a connection idle. It ends earlier if no connection is idle. */
const releaseMs = 5000;
/**
 * A running service. `close` stops new work, finishes work in flight, then closes connections. `reload` reads the
 * configuration again, if the service supports that.
 */
export type RunningService = { close(): Promise<void>; reload?(): void };

type ServiceProgram = {
  name: ServiceName;
  adminListen(loaded: LoadedConfig): ListenAddress;
  start(parts: ServiceParts): Promise<RunningService>;
  /** Checks this service's part of the configuration. */
  check: ServiceCheck;
};

const help = (name: string) => `sallyport-${name}: the ${name} service of Sallyport

  --config FILE     configuration file (default: $SALLYPORT_CONFIG, then ./sallyport.yaml)
  --check-config    check the configuration, report all faults, and exit
  --help            show this help

Example: sallyport-${name} --config /etc/sallyport/sallyport.yaml
Environment: SALLYPORT_CONFIG, SALLYPORT_LOG_LEVEL (debug, info, warn, error)
`;

/**
 * Runs a service as a program: arguments, configuration, admin port, signals. Reloads the configuration on SIGHUP. Exits
 * with 0 after SIGTERM or SIGINT, 1 for a faulty configuration, 2 for wrong usage.
 */
export async function runService(program: ServiceProgram): Promise<void> {
  const options = readArguments(program.name);
  const logger = createLogger({ service: program.name, level: process.env.SALLYPORT_LOG_LEVEL ?? 'info' });
  try {
    const { faults, loaded } = examineForService(options.config, process.env, program.check);
    if (!loaded) throw new ConfigFaults(options.config, faults);
    if (options.checkConfig) return void process.stdout.write(`${options.config}: ok\n`);
    const parts = { loaded, logger, metrics: createMetrics(), readiness: createReadiness(), releaseMs };
    let phase: 'starting' | 'running' | 'stopping' = 'starting';
    parts.readiness.add('service', () => {
      if (phase !== 'running') throw new Error(phase);
    });
    const admin = await listenHttp(
      createAdminServer(parts),
      program.adminListen(loaded),
      `services.${program.name}.adminListen`,
    );
    const service = await program.start(parts);
    phase = 'running';
    process.on('SIGHUP', () => {
      if (service.reload) service.reload();
      else logger.info('this service reads its configuration only at startup; restart it after a change');
    });
    onSignal(async (signal) => {
      phase = 'stopping';
      logger.info({ signal }, 'stopping');
      await service.close();
      await admin.close(0);
    }, logger);
  } catch (error) {
    if (error instanceof ConfigFaults || error instanceof ListenFailure) process.stderr.write(`${error.message}\n`);
    else logger.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}

function readArguments(name: string): { config: string; checkConfig: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        config: { type: 'string' },
        'check-config': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(help(name));
      process.exit(0);
    }
    return {
      config: values.config ?? process.env.SALLYPORT_CONFIG ?? 'sallyport.yaml',
      checkConfig: values['check-config'],
    };
  } catch (error) {
    process.stderr.write(`sallyport-${name}: ${argumentFault(error)}\n\n${help(name)}`);
    process.exit(2);
  }
}

/** Stops at SIGTERM or SIGINT and ends the process with 0, or with 1 if that fails. A second signal ends it at once. */
export function onSignal(stop: (signal: string) => Promise<void>, logger: Logger): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      stop(signal).then(
        () => process.exit(0),
        (error: unknown) => {
          logger.error({ err: error }, 'stopping failed');
          process.exit(1);
        },
      );
    });
  }
}
