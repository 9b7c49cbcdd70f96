import path from 'node:path';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';

export type ConnectorOptions = { config: string; checkConfig?: true };

/** `sallyport connector`: resolves when the connector runs, which it does until a signal ends it. */
export async function runConnector(environment: Environment, options: ConnectorOptions): Promise<void> {
  if (Number.parseInt(environment.nodeVersion, 10) < 24)
    throw new CliError(
      'failed',
      `a connector needs Node.js 24 or newer, but this is ${environment.nodeVersion}`,
      'Use an archive of this program, which contains one, or the image.',
    );
  const connector = await import('@sallyport/connector');
  const config = path.resolve(environment.workingDirectory, options.config);
  const request = { config, env: environment.env };
  try {
    if (!options.checkConfig) return await connector.runConnector(request);
    connector.checkConnector(request);
  } catch (error) {
    if (!connector.isExpectedFault(error)) throw error;
    for (const line of error.message.split('\n')) environment.stderr.write(`${forTerminal(line)}\n`);
    throw new CliError('failed', 'the connector cannot run like this', 'Fix what is listed above, then try again.', {
      cause: error,
    });
  }
  environment.stdout.write(`${config}: ok\n`);
}
