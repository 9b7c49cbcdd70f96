import { describe, expect, it } from '@jest/globals';
import { notificationSchema } from './notification.ts';

const secret = `whsec_${btoa('x'.repeat(32))}`;
const url = 'https://hooks.example.com/planted';
const mail = { url: 'smtps://u:planted@mail.example.com', from: 'gate@example.com', to: ['oncall@example.com'] };
const faultsOf = (channel: object) =>
  notificationSchema
    .safeParse({ name: 'ops', ...channel })
    .error?.issues.map((issue) => [
      issue.path.join('.'),
      issue.code === 'invalid_union' ? issue.errors[0]![0]!.message : issue.message,
    ]);

describe('a channel of notifications', () => {
  it.each([
    [{ webhook: { url, secret } }],
    [{ webhook: { url, secret: [secret, secret] }, events: ['elevation.requested'] }],
    [{ webhook: { url: 'http://127.0.0.1:9000/hook', secret, allowInsecure: true } }],
    [{ slack: { url } }],
    [{ teams: { url: `${url}?api-version=1&sig=x` } }],
    [{ smtp: mail }],
    [{ smtp: { ...mail, url: 'smtp://mail.example.com:587', password: 'p' } }],
  ])('may be %j', (channel) => {
    expect(faultsOf(channel)).toBeUndefined();
  });

  it.each([
    [{}, '', /needs exactly one of webhook, slack, teams, smtp/],
    [{ slack: { url }, teams: { url } }, '', /needs exactly one/],
    [{ slack: { url: 'http://127.0.0.1/x' } }, 'slack.url', /must begin with https; set allowInsecure: true only/],
    [{ slack: { url: 'https://u:p@example.com' } }, 'slack.url', /not an https URL/],
    [{ slack: { url: 'file:///etc/passwd' } }, 'slack.url', /not an https URL/],
    [{ webhook: { url, secret: 'planted' } }, 'webhook.secret', /is not a signing secret.*openssl rand/],
    [{ webhook: { url, secret: `whsec_${btoa('short')}` } }, 'webhook.secret', /24 to 64 bytes/],
    [{ smtp: { ...mail, url: 'https://mail.example.com' } }, 'smtp.url', /not the address of a mail server/],
    [{ smtp: { ...mail, to: ['a@example.com\r\nBcc: x@evil.example'] } }, 'smtp.to.0', /not a mail address/],
    [{ smtp: { ...mail, from: 'Gate <gate@example.com>' } }, 'smtp.from', /not a mail address/],
    [{ slack: { url }, events: ['elevation.nope'] }, 'events.0', /Invalid/],
  ])('may not be %j', (channel, path, message) => {
    const faults = faultsOf(channel);
    expect(faults).toEqual([[path, expect.stringMatching(message)]]);
    expect(JSON.stringify(faults)).not.toContain('planted');
  });
});
