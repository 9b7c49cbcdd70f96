import type { TrustChoices } from './gateway-client.ts';
import { systemAuthorities } from './system-authorities.ts';

/**
 * Returns the certificate authorities that may vouch for a gateway. If the user named one (`--ca-file`), it is the only
 * one. Otherwise they are, in turn: those that come with Node.js, the one that the current kubeconfig names for this
 * gateway, and those of the system.
 */
export function trustChoices(
  remembered: string | undefined,
  fromKubeconfig: () => Promise<string | undefined>,
): TrustChoices {
  if (remembered !== undefined) return [() => [remembered]];
  return [
    () => undefined,
    async () => {
      const pem = await fromKubeconfig();
      return pem === undefined ? undefined : [pem];
    },
    () => systemAuthorities(),
  ];
}
