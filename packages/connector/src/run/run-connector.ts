import {
  ConfigFaults,
  createAdminServer,
  createLogger,
  createMetrics,
  createReadiness,
  ListenFailure,
  listenHttp,
  onSignal,
} from '@sallyport/kit';
import { findProxy, ProxyFault } from '@sallyport/kit/forward-proxy';
import { loadConnectorConfig } from '../config/load-connector-config.ts';
import { podDirectory } from '../token/request-token.ts';
import { startConnector } from './start-connector.ts';

type Request = { config: string; env: NodeJS.ProcessEnv };

/** Reports whether an error is a fault of the configuration or of the machine. Its message says what to do. */
export const isExpectedFault = (error: unknown): error is Error =>
  error instanceof ConfigFaults || error instanceof ListenFailure || error instanceof ProxyFault;

/** Checks a configuration as the connector reads it. Throws ConfigFaults, or a ProxyFault for the environment. */
export function checkConnector({ config: file, env }: Request) {
  const config = loadConnectorConfig(file);
  findProxy(config.gateway, env);
  return config;
}

/** Runs a connector until SIGTERM or SIGINT. Throws what `checkConnector` throws, or a ListenFailure. */
export async function runConnector(request: Request): Promise<void> {
  const config = checkConnector(request);
  const logger = createLogger({ service: 'connector', level: config.logLevel });
  const common = { logger, metrics: createMetrics(), readiness: createReadiness() };
  const admin = config.listen && (await listenHttp(createAdminServer(common), config.listen, 'listen'));
  const connector = startConnector({
    ...common,
    config,
    env: request.env,
    podDirectory,
    apiServer: 'kubernetes.default.svc:443',
  });
  onSignal(async (signal) => {
    logger.info({ signal }, 'stopping');
    await connector.close();
    await admin?.close(0);
  }, logger);
}
