import { BlockList, isIP } from 'node:net';

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');
const withoutBrackets = (host: string) => host.replace(/^\[|\]$/g, '');

/** Reports whether an address is in a range such as `10.0.0.0/8`. A range that is not one contains nothing. */
function isInRange(address: string, range: string): boolean {
  const [base = '', bits = ''] = range.split('/');
  if (isIP(base) === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (isIP(base) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family(base));
  return list.check(address, family(address));
}

function matches(host: string, port: string, entry: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return isIP(host) !== 0 && isInRange(host, entry);
  const [, name = entry, onlyPort] = /^(\[[^\]]+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const bare = withoutBrackets(name).replace(/^\*(?=\.)/, '');
  if (isIP(host) !== 0) return isIP(bare) !== 0 && isInRange(host, `${bare}/${isIP(bare) === 6 ? 128 : 32}`);
  return bare.startsWith('.') ? host.endsWith(bare) : host === bare || host.endsWith(`.${bare}`);
}

/**
 * Reports whether requests to a URL go through the proxy, by the rules that kubectl has (golang.org/x/net/http/httpproxy):
 * never to this machine, nor to what NO_PROXY lists. An entry is a name, which stands for its subdomains too, a name
 * with a dot in front, which stands for the subdomains only, an address or a range of addresses, and may end in a port.
 */
export function needsProxy(url: URL, noProxy: string): boolean {
  const host = withoutBrackets(url.hostname.toLowerCase()).replace(/\.$/, '');
  if (host === 'localhost' || isInRange(host, '127.0.0.0/8') || isInRange(host, '::1/128')) return false;
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return !noProxy
    .toLowerCase()
    .split(',')
    .map((entry) => entry.trim())
    .some((entry) => entry !== '' && matches(host, port, entry));
}
