import { describe, expect, it } from '@jest/globals';
import { slackMessage, teamsMessage } from '../channels/create-chat-channel.ts';
import { mailMessage } from '../channels/create-mail-channel.ts';
import { cloudEventOf } from '../channels/create-webhook-channel.ts';
import { exampleAccountNotice, hostileText } from '../testing/example-notice.ts';
import { describeNotice } from './describe-notice.ts';

const gateway = 'https://gate.example.com';

describe('the notice about a service account that ends soon', () => {
  const notice = exampleAccountNotice();

  it('says which one, of whom, when, and what to do', () => {
    const { title, facts, link, linkLabel } = describeNotice(notice, gateway);
    expect(title).toBe('The service account deployer of alice@example.com ends at 2026-11-08 08:00:00 UTC');
    expect(facts).toEqual([
      { label: 'Groups', text: 'ci' },
      { label: 'Last used', text: 'never' },
      { label: 'To go on', text: expect.stringContaining('sallyport service-account create') },
    ]);
    expect([link, linkLabel]).toEqual(['https://gate.example.com/', 'Open the gateway']);
  });

  it('is a CloudEvent about the service account', () => {
    expect(JSON.parse(cloudEventOf(notice, gateway))).toMatchObject({
      id: notice.id,
      type: 'service_account.expiring',
      subject: notice.serviceAccount.id,
      data: {
        serviceAccount: { name: 'deployer', groups: ['ci'], expiresAt: '2026-11-08T08:00:00.000Z' },
        link: 'https://gate.example.com/',
      },
    });
  });

  it('lets no text of a person be a link, a mention or another line', () => {
    const hostile = exampleAccountNotice({ name: hostileText, groups: [hostileText], maker: { user: hostileText } });
    const message = describeNotice(hostile, gateway);
    expect(JSON.stringify(slackMessage(message))).not.toMatch(/<https:\/\/evil|<!channel>/);
    // Teams takes all of it as text runs, which have no markup.
    expect(JSON.stringify(teamsMessage(message))).not.toMatch(/"TextBlock"/);
    const { subject, text } = mailMessage(hostile, gateway);
    expect(`${subject}${text.split('\n').slice(0, 3).join('')}`).not.toMatch(/[\r\n\u202e\u0000]/);
    expect(text).not.toMatch(/^Bcc:/m);
  });
});
