import type { Message } from '../message/message.ts';

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
