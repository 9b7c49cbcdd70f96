import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeNotice } from '../message/describe-notice.ts';
import { exampleNotice, hostileText } from '../testing/example-notice.ts';
import { escapeSlack, slackMessage, teamsMessage } from './create-chat-channel.ts';

const hostile = exampleNotice(
  { detail: hostileText, by: hostileText },
  { reason: hostileText, user: hostileText, ticket: hostileText, groups: [hostileText] },
);
const messageOf = (notice = exampleNotice()) => describeNotice(notice, 'https://gate.example.com');
type Block = { type: string; text?: { type: string; text: string }; fields?: { type: string; text: string }[] };

describe('a message to Slack', () => {
  it('has the step, the facts and the link', () => {
    expect(slackMessage(messageOf())).toMatchObject({
      text: 'alice@example.com asks for prod-admin on prod-eu',
      blocks: [
        { text: { type: 'plain_text', text: 'alice@example.com asks for prod-admin on prod-eu' } },
        { fields: expect.arrayContaining([{ type: 'plain_text', text: 'Reason: the shop is down', emoji: false }]) },
        {
          text: {
            text: '<https://gate.example.com/.sallyport/elevations/5f0c6a1e-0000-4000-8000-000000000001|Open the elevation>',
          },
        },
      ],
    });
  });

  it('lets no text of a person be a link or a mention, or break the limits of Slack', () => {
    const { text, blocks } = slackMessage(messageOf(hostile)) as { text: string; blocks: Block[] };
    const markup = blocks.filter((block) => block.text?.type === 'mrkdwn');
    expect(markup).toHaveLength(1);
    expect(markup[0]!.text!.text).toMatch(/^<https:\/\/gate\.example\.com\/[^<>|]*\|Open the elevation>$/);
    const others = [
      text,
      ...blocks
        .filter((block) => !markup.includes(block))
        .flatMap((block) => [block.text, ...(block.fields ?? [])])
        .flatMap((one) => one?.text ?? []),
    ];
    expect(others.length).toBeGreaterThan(5);
    for (const one of others) {
      expect(one).not.toMatch(/[<>]/);
      expect(one).not.toMatch(/@(channel|everyone|here)/);
      expect(one.replaceAll(/&(amp|lt|gt);/g, '')).not.toContain('&');
    }
    expect(JSON.stringify(blocks)).toContain('&lt;!channel&gt;');
    for (const field of blocks.flatMap(({ fields = [] }) => fields))
      expect(field.text.length).toBeLessThanOrEqual(2000);
    expect(blocks[1]!.fields!.length).toBeLessThanOrEqual(10);
  });

  it('keeps every text readable after Slack has unescaped it', () => {
    const unescape = (text: string) =>
      text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&').replaceAll('\u2060', '');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(unescape(escapeSlack(text))).toBe(text.replaceAll('\u2060', ''));
      }),
    );
  });
});

describe('a message to Teams', () => {
  it('is an Adaptive Card whose only action opens the page', () => {
    expect(teamsMessage(messageOf())).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            actions: [{ type: 'Action.OpenUrl', url: expect.stringMatching(/^https:\/\/gate\.example\.com\//) }],
          },
        },
      ],
    });
  });

  it('puts what people wrote into text runs, which have neither Markdown nor mentions', () => {
    type Card = { body: { type: string; inlines: { type: string; text: string }[] }[]; msteams?: unknown };
    const { attachments } = teamsMessage(messageOf(hostile)) as { attachments: { content: Card }[] };
    const card = attachments[0]!.content;
    expect(card.msteams).toBeUndefined();
    expect(new Set(card.body.map(({ type }) => type))).toEqual(new Set(['RichTextBlock']));
    expect(new Set(card.body.flatMap(({ inlines }) => inlines.map(({ type }) => type)))).toEqual(new Set(['TextRun']));
    expect(JSON.stringify(card.body)).toContain('<at>everyone</at>');
  });
});
