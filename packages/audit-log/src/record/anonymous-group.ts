import { isIP } from 'node:net';
import type { AuditRecord } from '@sallyport/contracts';
import { addressBlock } from './address-block.ts';

/** What repeated events of anonymous callers have in common. */
export type AnonymousGroup = {
  /**
   * The same for events that may be told as one. It is as long as what the gateway itself says, and never as long as
   * what a client says.
   */
  key: string;
  /** Where they come from; empty if that is not known. */
  address: string;
  cause: string;
};

/** Events that the services make on their own account: there is no caller in them. */
const withoutCaller: ReadonlySet<string> = new Set(['policy.changed', 'policy.rejected']);
/** The code of a problem, with which the messages of refused logins begin. */
const problemCode = /^([a-z][a-z-]{0,39}):/;

/**
 * Words on why callers were refused. The client has no say in them: a cause that it could vary would be as many causes
 * as it likes.
 */
function causeOf({ type, data: { responseStatus } }: AuditRecord): string {
  const why = responseStatus?.reason ?? problemCode.exec(responseStatus?.message ?? '')?.[1];
  return [type, responseStatus?.code, why]
    .filter((part) => part !== undefined)
    .join(' ')
    .slice(0, 120);
}

/**
 * Tells anonymous callers' events from all others: an event is anonymous if it names no person, directory or service by
 * whom it came about, which includes every request with an unknown or ended session. Undefined for all others.
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
