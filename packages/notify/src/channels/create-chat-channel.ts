import type { OutboundFetch } from '@sallyport/kit';
import { describeNotice } from '../message/describe-notice.ts';
import type { Message } from '../message/message.ts';
import type { Channel } from './channel.ts';
import { postJson } from './post-json.ts';

/** Posts messages to the webhook of a chat. The address is its secret. */
export function createChatChannel(
  { url }: { url: string },
  deps: { fetch: OutboundFetch; gatewayUrl: string; render(message: Message): object },
): Channel['send'] {
  return (notice, signal) =>
    postJson(deps.fetch, url, {
      body: JSON.stringify(deps.render(describeNotice(notice, deps.gatewayUrl))),
      signal,
    });
}
