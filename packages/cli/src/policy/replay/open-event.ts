type Fields = Record<string, unknown>;

/** The event that represents a request, or the reason why an event does not. */
type OpenedEvent =
  | { kind: 'request'; auditID: string; data: Fields }
  | { kind: 'other-type' | 'other-stage' | 'unreadable' };

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Finds the type and the data of an event in any format: the gateway's files, its API, or the data of a Kafka message.
 */
function unwrap(value: Fields): { type: unknown; data: unknown } {
  if (isFields(value.data)) return { type: value.type, data: value.data };
  if (isFields(value.cloudEvent)) return { type: value.cloudEvent.type, data: value };
  return {
    type: isFields(value.sallyport) && isFields(value.sallyport.cluster) ? 'k8s.request' : undefined,
    data: value,
  };
}

/** Opens an event of the audit trail. A request has several events, and the last one represents it. */
export function openEvent(value: unknown): OpenedEvent {
  if (!isFields(value)) return { kind: 'unreadable' };
  const { type, data } = unwrap(value);
  if (!isFields(data) || !isFields(data.sallyport))
    return { kind: typeof type === 'string' && type !== 'k8s.request' ? 'other-type' : 'unreadable' };
  if (type !== 'k8s.request') return { kind: 'other-type' };
  const { auditID, stage } = data;
  if (typeof stage !== 'string' || typeof auditID !== 'string' || auditID === '') return { kind: 'unreadable' };
  if (stage !== 'ResponseComplete' && stage !== 'Panic') return { kind: 'other-stage' };
  return { kind: 'request', auditID, data };
}
