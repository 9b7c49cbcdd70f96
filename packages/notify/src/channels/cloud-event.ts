import type { Notice } from '@sallyport/contracts';
import { linkOf } from '../message/describe-notice.ts';

const timeOf = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

/** Returns a notice as a CloudEvent 1.0 in JSON. Its id is that of the audit event of the same step. */
export function cloudEventOf({ id, number, type, at, by, detail, elevation }: Notice, gatewayUrl: string): string {
  const { durationMs, startsAt, pendingUntil, expiresAt, ...facts } = elevation;
  return JSON.stringify({
    specversion: '1.0',
    id,
    type,
    source: 'sallyport/authorize',
    subject: elevation.id,
    time: timeOf(at),
    datacontenttype: 'application/json',
    data: {
      number,
      by,
      detail,
      elevation: {
        ...facts,
        durationSeconds: durationMs / 1000,
        startsAt: timeOf(startsAt),
        pendingUntil: timeOf(pendingUntil),
        expiresAt: timeOf(expiresAt),
      },
      link: linkOf(gatewayUrl, elevation.id),
    },
  });
}
