import type { OutboundFetch } from '@sallyport/kit';
import { type Message, describeNotice } from '../message/describe-notice.ts';
import type { Channel } from './channel.ts';
import { postJson } from './post-json.ts';

/** Slack's three control characters, as its documentation says to escape them. */
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Names that call everyone in a channel if an old client links them. The word joiner after the @ prevents it. */
const calls = /@(?=(?:channel|everyone|here|group)\b)/gi;

/** Escapes a text for Slack, so that it is neither a link nor a mention. */
export function escapeSlack(text: string): string {
  return text.replace(/[&<>]/g, (one) => escapes[one]!).replace(calls, '@\u2060');
}

/** Cuts an escaped text without leaving half of an escape. */
const cut = (text: string, max: number) =>
  text.length <= max ? text : `${text.slice(0, max - 1).replace(/&[a-z]*$/, '')}…`;

const plain = (text: string, max: number) => ({ type: 'plain_text', text: cut(escapeSlack(text), max), emoji: false });

/**
 * Returns a message of Slack's Block Kit. What people wrote is in plain text, which has no markup. The only markup is our
 * link.
 */
export function slackMessage({ title, facts, link, linkLabel }: Message): object {
  return {
    text: cut(escapeSlack(title), 500),
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'section', text: plain(title, 1000) },
      { type: 'section', fields: facts.slice(0, 10).map(({ label, text }) => plain(`${label}: ${text}`, 1900)) },
      {
        type: 'section',
        text: { type: 'mrkdwn', text: `<${escapeSlack(link)}|${escapeSlack(linkLabel)}>`, verbatim: true },
      },
    ],
  };
}

/** Text runs have no Markdown and no mentions, unlike text blocks. */
const line = (text: string, more: object = {}) => ({
  type: 'RichTextBlock',
  inlines: [{ type: 'TextRun', text, ...more }],
});

/** Returns a message for a Workflows webhook of Microsoft Teams, with an Adaptive Card. */
export function teamsMessage({ title, facts, link, linkLabel }: Message): object {
  const card = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    fallbackText: 'A message of the gateway',
    body: [
      line(title, { weight: 'Bolder', size: 'Medium' }),
      ...facts.map(({ label, text }) => ({
        type: 'RichTextBlock',
        spacing: 'Small',
        inlines: [
          { type: 'TextRun', text: `${label}: `, isSubtle: true },
          { type: 'TextRun', text },
        ],
      })),
    ],
    actions: [{ type: 'Action.OpenUrl', title: linkLabel, url: link }],
  };
  return {
    type: 'message',
    attachments: [{ contentType: 'application/vnd.microsoft.card.adaptive', contentUrl: null, content: card }],
  };
}

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
