import { isIP } from 'node:net';
import type { ProviderConfig } from '@sallyport/contracts';

/** Reports whether a host name points into a private network rather than to a provider. */
function isInternal(hostname: string): boolean {
  // A trailing dot denotes the DNS root and changes nothing.
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  return (
    isIP(host) !== 0 || !host.includes('.') || /\.(?:localhost|local|internal|intranet|lan|home\.arpa|svc)$/.test(host)
  );
}

/**
 * Returns the fault of an endpoint in a provider's metadata, or undefined. Endpoints that this service calls itself
 * (`called`) may be on the issuer's host or on another host on the Internet, as with several large providers. Hosts in
 * private networks must be listed in `endpointHosts`. If that list is not empty, only its hosts are allowed.
 */
export function endpointFault(
  provider: Pick<ProviderConfig, 'issuer' | 'discoveryUrl' | 'allowInsecureIssuer' | 'endpointHosts'>,
  address: string,
  called: boolean,
): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && provider.allowInsecureIssuer)))
    return 'is not an https URL';
  if (url.username !== '' || url.password !== '') return 'contains a user name or password';
  if (!called) return undefined;
  const own = [provider.issuer, provider.discoveryUrl].flatMap((one) =>
    one === undefined ? [] : [new URL(one).hostname],
  );
  if (own.includes(url.hostname) || provider.endpointHosts.includes(url.hostname)) return undefined;
  if (provider.endpointHosts.length > 0) return `is on a host that endpointHosts does not list (${url.hostname})`;
  return isInternal(url.hostname)
    ? `is on an internal host (${url.hostname}), which is not listed in endpointHosts`
    : undefined;
}
