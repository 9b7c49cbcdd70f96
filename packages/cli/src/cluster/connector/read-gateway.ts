import path from 'node:path';
import { sallyportVersion } from '@sallyport/contracts/version';
import { readPublicKeys } from '@sallyport/kit';
import type { Environment } from '../../environment/environment.ts';
import { readNamedFile } from '../../files/read-file.ts';
import { usageError } from '../../terminal/cli-error.ts';
import type { ConnectorSettings } from '../account/connector-objects.ts';

export type GatewayOptions = { gateway?: string; gatewayCa?: string; gatewayPublicKey?: string[]; image?: string };

const isKey = (text: string) => {
  try {
    return readPublicKeys(text).length === 1;
  } catch {
    return false;
  }
};

/** Reads what a connector has to know of its gateway. */
export function readGateway(
  { workingDirectory }: Pick<Environment, 'workingDirectory'>,
  { gateway = '', gatewayCa, gatewayPublicKey = [], image }: GatewayOptions,
): Omit<ConnectorSettings, 'privateKey'> {
  const url = URL.canParse(gateway) ? new URL(gateway) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usageError(
      gateway === '' ? '--gateway is missing' : `"${gateway}" is not the https address of a gateway`,
      'Write it like --gateway https://gate.example.com.',
    );
  if (gatewayPublicKey.length === 0 || gatewayPublicKey.length > 4 || !gatewayPublicKey.every(isKey))
    throw usageError(
      gatewayPublicKey.length === 0
        ? '--gateway-public-key is missing'
        : '--gateway-public-key is not an Ed25519 public key (SPKI in base64), or up to four of them',
      'Take services.proxy.publicKey of the gateway. To print it, run: openssl pkey -pubout -in KEYFILE.',
    );
  return {
    gateway: gateway.replace(/\/+$/, ''),
    gatewayCa: gatewayCa === undefined ? undefined : readNamedFile(path.resolve(workingDirectory, gatewayCa)),
    gatewayPublicKeys: gatewayPublicKey.map((text) =>
      readPublicKeys(text)[0]!.export({ format: 'der', type: 'spki' }).toString('base64'),
    ),
    image: image ?? `ghcr.io/sallyport/sallyport:${sallyportVersion}`,
  };
}
