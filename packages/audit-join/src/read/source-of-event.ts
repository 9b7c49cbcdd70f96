import { fieldsOf, type Fields } from './fields.ts';

/** Whose audit trail an event is from: that of the gateway, or a cluster's own. */
export type EventSource = 'gateway' | 'cluster';

/** Returns the event in an envelope: that of CloudEvents, of a list of the gateway, or of a dump of its topic. */
function contentOf({ data, payload }: Fields): unknown {
  if (typeof payload !== 'string') return data ?? payload;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/**
 * Reports whose audit trail a line of a file is from. Returns undefined if it is from neither. Only the gateway's events
 * have the member `sallyport`, in the forms in which they are stored, exported and published. The first and the last line
 * of an export are its too.
 */
export function sourceOfEvent(value: unknown): EventSource | undefined {
  const event = fieldsOf(value);
  if (!event) return undefined;
  if (fieldsOf(event.sallyport) || fieldsOf(fieldsOf(contentOf(event))?.sallyport)) return 'gateway';
  if (event.kind === 'EventList') return 'cluster';
  if (typeof event.auditID === 'string' && typeof event.stage === 'string') return 'cluster';
  const { complete, filtered } = fieldsOf(event.export) ?? {};
  return complete === true || filtered === true ? 'gateway' : undefined;
}
