import { createHmac } from 'node:crypto';
import type { Notice, NotificationConfig } from '@sallyport/contracts';
import type { OutboundFetch } from '@sallyport/kit';
import { linkOf } from '../message/describe-notice.ts';
import type { Channel } from './channel.ts';
import { postJson } from './post-json.ts';

/** Returns the headers with which a receiver verifies a message, as the Standard Webhooks specification has them. */
export function signWebhook(
  secrets: readonly string[],
  { id, body, now }: { id: string; body: string; now: number },
): Record<string, string> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

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

/** Sends CloudEvents that are signed as the Standard Webhooks specification says. */
export function createWebhookChannel(
  { url, secret }: Pick<NonNullable<NotificationConfig['webhook']>, 'url' | 'secret'>,
  deps: { fetch: OutboundFetch; gatewayUrl: string; now: () => number },
): Channel['send'] {
  const secrets = typeof secret === 'string' ? [secret] : secret;
  return async (notice, signal) => {
    const body = cloudEventOf(notice, deps.gatewayUrl);
    // The time is that of the attempt, because receivers refuse what is too old.
    const headers = signWebhook(secrets, { id: notice.id, body, now: deps.now() });
    await postJson(deps.fetch, url, {
      headers: { ...headers, 'content-type': 'application/cloudevents+json' },
      body,
      signal,
    });
  };
}
