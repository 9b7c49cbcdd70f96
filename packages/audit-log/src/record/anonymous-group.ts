import { isIP } from 'node:net';
import { elevationEventTypes, type AuditRecord } from '@sallyport/contracts';

/**
 * Returns the block of addresses that belongs to one client: an IPv4 address, or the /64 of an IPv6 address, because
 * every client has at least a whole /64. Accepts what `isIP` accepts.
 */
export function addressBlock(address: string): string {
  if (!address.includes(':')) return address;
  // A URL has one spelling for an address, and cannot contain a zone.
  const [head = '', tail] = new URL(`http://[${address.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const [before, after] = [head, tail ?? ''].map((half) => (half === '' ? [] : half.split(':')));
  const words =
    tail === undefined
      ? before!
      : [...before!, ...Array.from({ length: 8 - before!.length - after!.length }, () => '0'), ...after!];
  // ::ffff:a.b.c.d is the IPv4-mapped form of the IPv4 address.
  if (words.slice(0, 5).every((word) => word === '0') && words[5] === 'ffff') {
    const [high, low] = [Number.parseInt(words[6]!, 16), Number.parseInt(words[7]!, 16)];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  return `${words.slice(0, 4).join(':')}::/64`;
}

/** What repeated events of anonymous callers have in common. */
export type AnonymousGroup = {
  /**
   * Equal for events that may be aggregated. Its length depends only on text from the gateway, never on text from a
   * client.
   */
  key: string;
  /** The block of addresses of the callers. Empty if it is unknown. */
  address: string;
  cause: string;
};

/** Events that the services record by themselves, without a caller. */
const withoutCaller: ReadonlySet<string> = new Set([
  'policy.changed',
  'policy.rejected',
  ...elevationEventTypes,
  'notification.failed',
  'recording.part',
  'recording.gap',
  'recording.finished',
  // The key says which connector it is.
  'connector.connected',
  'connector.disconnected',
  'audit.checkpoint',
  'audit.gap',
  'audit.alert',
  'audit.reservation',
]);
/** The problem code at the beginning of the message of a refused login. */
const problemCode = /^([a-z][a-z-]{0,39}):/;

/**
 * Returns why the caller was refused. It contains no text from the client, which could otherwise create any number of
 * causes.
 */
function causeOf({ type, data: { responseStatus } }: AuditRecord): string {
  const why = responseStatus?.reason ?? problemCode.exec(responseStatus?.message ?? '')?.[1];
  return [type, responseStatus?.code, why]
    .filter((part) => part !== undefined)
    .join(' ')
    .slice(0, 120);
}

/**
 * Returns the group of an anonymous event, or undefined for any other event. An event is anonymous if it names no
 * person, directory or service as its cause. That includes every request with an unknown or ended session.
 */
export function anonymousGroup(record: AuditRecord): AnonymousGroup | undefined {
  const { type, source, key, data } = record;
  if (data.sallyport.identity !== undefined || data.user.username !== undefined || withoutCaller.has(type))
    return undefined;
  const client = data.sallyport.clientAddress ?? data.sourceIPs?.[0] ?? '';
  const address = isIP(client) === 0 ? '' : addressBlock(client);
  const cause = causeOf(record);
  return { key: JSON.stringify([source, key, address, cause]), address, cause };
}
