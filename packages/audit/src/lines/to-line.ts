import type { AuditRecord } from '@sallyport/contracts';
import { lineOfJson } from '@sallyport/kit';

/** Returns an event as a line: the data, an audit.k8s.io Event, with the envelope in `cloudEvent`. */
export function toLine({ id, type, source, time, key, data }: AuditRecord): string {
  return `${lineOfJson({ ...data, cloudEvent: { id, type, source, time, key, specversion: '1.0' } })}\n`;
}
