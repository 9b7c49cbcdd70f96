import type { Notice } from '@sallyport/contracts';
import { linkOf } from '../message/describe-notice.ts';

const timeOf = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

/** What a notice is about, as the member of the data of an event, with the page that shows it. */
function whatOf(notice: Notice, gatewayUrl: string) {
  if (!('elevation' in notice)) {
    const { expiresAt, lastUsedAt, ...facts } = notice.serviceAccount;
    return {
      serviceAccount: { ...facts, expiresAt: timeOf(expiresAt), lastUsedAt: timeOf(lastUsedAt) },
      link: `${gatewayUrl}/`,
    };
  }
  const { durationMs, startsAt, pendingUntil, expiresAt, ...facts } = notice.elevation;
  return {
    elevation: {
      ...facts,
      durationSeconds: durationMs / 1000,
      startsAt: timeOf(startsAt),
      pendingUntil: timeOf(pendingUntil),
      expiresAt: timeOf(expiresAt),
    },
    link: linkOf(gatewayUrl, facts.id),
  };
}

/** Returns a notice as a CloudEvent 1.0 in JSON. Its id is that of the audit event of the same step. */
export function cloudEventOf(notice: Notice, gatewayUrl: string): string {
  const { id, number, type, at, by, detail } = notice;
  return JSON.stringify({
    specversion: '1.0',
    id,
    type,
    source: 'sallyport/authorize',
    subject: 'elevation' in notice ? notice.elevation.id : notice.serviceAccount.id,
    time: timeOf(at),
    datacontenttype: 'application/json',
    data: { number, by, detail, ...whatOf(notice, gatewayUrl) },
  });
}
