import { getCACertificates } from 'node:tls';
import type { TrustChoices } from './gateway-client.ts';

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
  const choices: TrustChoices = [
    () => undefined,
    async () => {
      const pem = await fromKubeconfig();
      return pem === undefined ? undefined : [pem];
    },
  ];
  // Node.js before 22.15 cannot read the store of the system.
  if (typeof getCACertificates === 'function')
    choices.push(() => [...getCACertificates('default'), ...getCACertificates('system')]);
  return choices;
}
