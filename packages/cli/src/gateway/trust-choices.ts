import { getCACertificates } from 'node:tls';
import type { TrustChoices } from './gateway-client.ts';

/**
 * Which authorities may vouch for a gateway. One that was named for it (`--ca-file`) is the only one; without one it is
 * what Node.js brings, then what the kubeconfig in force names for this gateway, then the system's own store.
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
  // Node.js before 22.15 cannot read the system's store.
  if (typeof getCACertificates === 'function')
    choices.push(() => [...getCACertificates('default'), ...getCACertificates('system')]);
  return choices;
}
