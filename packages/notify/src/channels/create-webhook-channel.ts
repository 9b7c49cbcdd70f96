import type { NotificationConfig } from '@sallyport/contracts';
import type { OutboundFetch } from '@sallyport/kit';
import type { Channel } from './channel.ts';
import { cloudEventOf } from './cloud-event.ts';
import { postJson } from './post-json.ts';
import { signWebhook } from './sign-webhook.ts';

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
