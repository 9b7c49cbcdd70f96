import { isIP } from 'node:net';
import { acmeDomains } from '@sallyport/contracts';
import { checkAuthorities, checkNamedFile, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { readMacKey } from './read-mac-key.ts';

/** Names that are never in the public DNS (RFC 2606, RFC 6761, RFC 6762, RFC 8375 and what ICANN has reserved). */
const privateName = /(?:^|\.)(?:localhost|local|internal|test|example|invalid|onion|home\.arpa)$/;

function nameFault(host: string, isPublic: boolean): string | undefined {
  if (isIP(host.replace(/^\[|\]$/g, '')) !== 0)
    return 'is an IP address, and the gateway requests certificates for names only';
  if (!isPublic) return undefined;
  if (!host.includes('.') || privateName.test(host))
    return `is not a name of the public DNS, so Let's Encrypt has no certificate for ${host}`;
  return undefined;
}

/** Checks what the gateway requests a certificate with: its names, and the files of the ACME server. */
export function checkAcme(loaded: LoadedConfig): ConfigFault[] {
  const { config, place } = loaded;
  const acme = config.gateway.tls?.acme;
  if (acme == null) return [];
  const isPublic = new URL(acme.directory).hostname.endsWith('.letsencrypt.org');
  const hint = 'list the names for ACME in gateway.tls.acme.domains, or use an ACME server of your own';
  const ofNames = acmeDomains(config).flatMap(({ host, path }) => {
    const message = nameFault(host, isPublic);
    return message === undefined ? [] : [{ path, message, hint, ...place(path.split('.')) }];
  });
  const own = 'gateway.tls.acme';
  return [
    ...ofNames,
    ...checkAuthorities(loaded, { path: `${own}.caFile`, file: acme.caFile }),
    ...checkNamedFile(
      loaded,
      `${own}.externalAccount.macKeyFile`,
      acme.externalAccount?.macKeyFile,
      (content) => void readMacKey(content.toString('latin1')),
    ),
  ];
}
