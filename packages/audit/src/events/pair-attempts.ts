import { resultOf, type AuditRecord } from '@sallyport/contracts';

/** Where a client switches to another protocol by an upgrade. */
const upgraded: ReadonlySet<string | undefined> = new Set(['exec', 'attach', 'portforward']);
/** A client repeats an attempt at once. Clocks of replicas may differ by a second. */
const within = { before: 1000, after: 10_000 } as const;

const protocolOf = ({ data }: AuditRecord) => data.sallyport.protocol?.toLowerCase() ?? '';

/**
 * Reports whether an event is the end of an attempt that a client may have repeated over another protocol, or is such a
 * repetition: an exec, attach or port-forward of someone who is logged in, which did not succeed.
 */
export function isAttempt(record: AuditRecord): boolean {
  const { type, data } = record;
  if (type !== 'k8s.request' || data.sallyport.sessionId === undefined || !upgraded.has(data.objectRef?.subresource))
    return false;
  const result = resultOf(record);
  return result !== undefined && result !== 'ok' && /^(?:websocket$|spdy\/)/.test(protocolOf(record));
}

/** Returns everything that two attempts of one client at one thing have in common. */
function keyOf(record: AuditRecord): string {
  const { user, userAgent, objectRef, responseStatus, sallyport } = record.data;
  const { sessionId, cluster, clientAddress, exec, request, invocation } = sallyport;
  return JSON.stringify([
    [sessionId, cluster?.name, clientAddress, user.username, userAgent, invocation?.kubectlSession],
    [objectRef?.namespace, objectRef?.resource, objectRef?.name, objectRef?.subresource, exec, request?.query],
    [resultOf(record), responseStatus?.code],
  ]);
}

const isSpdy = (record: AuditRecord) => protocolOf(record) !== 'websocket';
const receivedAt = ({ data }: AuditRecord) => Date.parse(data.requestReceivedTimestamp);

/**
 * Finds the attempts over WebSocket that clients repeated over SPDY, as kubectl does if an upgrade is refused. Returns the
 * Audit-ID of the first attempt by that of the second. Each is one of a pair only once.
 */
export function pairAttempts(records: readonly AuditRecord[]): ReadonlyMap<string, string> {
  const attempts = records.filter(isAttempt).toSorted((one, other) => receivedAt(one) - receivedAt(other));
  const [repetitions, firsts] = [
    attempts.filter(isSpdy),
    Map.groupBy(
      attempts.filter((one) => !isSpdy(one)),
      keyOf,
    ),
  ];
  const pairs = new Map<string, string>();
  for (const record of repetitions) {
    const alike = firsts.get(keyOf(record)) ?? [];
    const last = alike.findLastIndex((one) => {
      const later = receivedAt(record) - receivedAt(one);
      return later >= -within.before && later <= within.after;
    });
    if (last !== -1) pairs.set(record.data.auditID, alike.splice(last, 1)[0]!.data.auditID);
  }
  return pairs;
}
