import type { Environment } from '../environment/environment.ts';
import type { AddOptions } from './account/add-cluster.ts';
import type { ConnectorOptions } from './connector/add-behind-connector.ts';
import { usageError } from '../terminal/cli-error.ts';

/** `sallyport cluster add`: for a cluster that the gateway dials, or for one whose connector dials the gateway. */
export async function chooseAdd(
  environment: Environment,
  name: string,
  options: AddOptions & ConnectorOptions & { connector?: boolean },
): Promise<void> {
  if (options.connector === true)
    return (await import('./connector/add-behind-connector.ts')).addBehindConnector(environment, name, options);
  const [stray] = (['gateway', 'gatewayCa', 'gatewayPublicKey', 'image'] as const).filter((one) => options[one]);
  if (stray !== undefined)
    throw usageError(
      `--${stray.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} is only for --connector`,
      'Add --connector, or leave it out.',
    );
  return (await import('./account/add-cluster.ts')).addCluster(environment, name, options);
}
