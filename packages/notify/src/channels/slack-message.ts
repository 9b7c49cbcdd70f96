import type { Message } from '../message/message.ts';

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
