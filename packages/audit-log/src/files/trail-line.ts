import type { AuditRecord } from '@sallyport/contracts';
import { escapeUnseen, lineOfJson } from '@sallyport/kit';
import { checkEvent, type ReadEvent } from '../consume/check-event.ts';
import type { AuditMessage } from '../kafka/audit-message.ts';
import { UndeliverableError } from '../kafka/kafka-errors.ts';

/** Returns an event as a line: the data, an audit.k8s.io Event, with the envelope in `cloudEvent`. */
export function toLine({ id, type, source, time, key, data }: AuditRecord): string {
  return `${lineOfJson({ ...data, cloudEvent: { id, type, source, time, key, specversion: '1.0' } })}\n`;
}

/** A line of a trail, and the day (UTC) of its event. */
export type TrailLine = { day: string; bytes: Buffer };

/**
 * Returns a message as the line that `toLine` makes of its event, without parsing it. Throws `UndeliverableError` if the
 * event has no time in UTC.
 */
export function toTrailLine({ key, value, headers }: Pick<AuditMessage, 'key' | 'value' | 'headers'>): TrailLine {
  const { ce_id: id, ce_type: type, ce_source: source, ce_time: time = '' } = headers;
  const day = /^\d{4}-\d\d-\d\d(?=T.*Z$)/.exec(time)?.[0];
  if (day === undefined) throw new UndeliverableError('the event has no time in UTC');
  const envelope = JSON.stringify({ id, type, source, time, key, specversion: '1.0' });
  const data = value.toString('utf8', 0, value.length - 1);
  return { day, bytes: Buffer.from(`${escapeUnseen(`${data},"cloudEvent":${envelope}}`)}\n`) };
}

const textOf = (envelope: Record<string, unknown>, name: string): string | undefined =>
  typeof envelope[name] === 'string' ? envelope[name] : undefined;

/** Reads a line of a trail back as an event, and checks its shape. */
export function readTrailLine(line: string): ReadEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { fault: 'the line is not JSON' };
  }
  if (typeof value !== 'object' || value === null) return { fault: 'the line is not an object' };
  const { cloudEvent, ...data } = value as Record<string, unknown>;
  const envelope = typeof cloudEvent === 'object' && cloudEvent !== null ? (cloudEvent as Record<string, unknown>) : {};
  return checkEvent({
    id: textOf(envelope, 'id'),
    type: textOf(envelope, 'type'),
    source: textOf(envelope, 'source'),
    time: textOf(envelope, 'time'),
    key: textOf(envelope, 'key'),
    data,
  });
}
