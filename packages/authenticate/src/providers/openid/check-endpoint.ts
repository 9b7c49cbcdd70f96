import { isIP } from 'node:net';
import type { ProviderConfig } from '@sallyport/contracts';

/** Names that lead into somebody's own network rather than to a provider. */
function isInside(hostname: string): boolean {
  // A dot at the end is the root of all names, and changes nothing.
  const host = hostname.replace(/^\[|\]$|\.$/g, '');
  return (
    isIP(host) !== 0 || !host.includes('.') || /\.(?:localhost|local|internal|intranet|lan|home\.arpa|svc)$/.test(host)
  );
}

/**
 * Says what is wrong with an address that a provider names, undefined if nothing. Those that this service itself asks
 * (`asked`) may be on the issuer's own host, or on another host on the Internet, as several large providers have it;
 * inside a network only where `endpointHosts` says so. Where that says anything, nothing else is asked.
 */
export function faultOfEndpoint(
  provider: Pick<ProviderConfig, 'issuer' | 'discoveryUrl' | 'allowInsecureIssuer' | 'endpointHosts'>,
  address: string,
  asked: boolean,
): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !(url.protocol === 'https:' || (url.protocol === 'http:' && provider.allowInsecureIssuer)))
    return 'is not an https address';
  if (url.username !== '' || url.password !== '') return 'carries a user or a password';
  if (!asked) return undefined;
  const own = [provider.issuer, provider.discoveryUrl].flatMap((one) =>
    one === undefined ? [] : [new URL(one).hostname],
  );
  if (own.includes(url.hostname) || provider.endpointHosts.includes(url.hostname)) return undefined;
  if (provider.endpointHosts.length > 0) return `is on a host that endpointHosts does not list (${url.hostname})`;
  return isInside(url.hostname)
    ? `is on a host inside a network (${url.hostname}), which endpointHosts would have to list`
    : undefined;
}
