import * as z from 'zod/mini';
import { nameSchema } from '../text/name.ts';
import { outboundUrlSchema, overNetwork, parseUrl, refuseClear } from './outbound-url.ts';
import { noticeEventTypes } from '../elevation/notice.ts';
import { about } from '../text/about.ts';

const maxUrl = 2048;

const smtpUrlSchema = z.string().check(
  z.maxLength(maxUrl),
  z.refine((text) => {
    const url = parseUrl(text);
    return (
      url && /^smtps?:$/.test(url.protocol) && url.hostname && /^\/?$/.test(url.pathname) && !url.search && !url.hash
    );
  }, 'not the address of a mail server; write it like smtps://user@mail.example.com, or smtp://mail.example.com:587 for STARTTLS'),
);

export const mailAddressSchema = z
  .string()
  .check(
    z.maxLength(254),
    z.regex(
      /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*$/,
      'not a mail address; write it like oncall@example.com',
    ),
  );

/** Returns the length of what base64 text stands for; 0 if it is not base64. */
function decodedLength(base64: string): number {
  try {
    return atob(base64).length;
  } catch {
    return 0;
  }
}

/** A secret as the Standard Webhooks specification writes it. */
const signingSecretSchema = z.string().check(
  z.refine((text) => {
    const length = text.startsWith('whsec_') ? decodedLength(text.slice('whsec_'.length)) : 0;
    return length >= 24 && length <= 64;
  }, 'is not a signing secret: whsec_ and 24 to 64 bytes in base64; make one with: echo "whsec_$(openssl rand -base64 32)"'),
);

const post = (url: string) => ({ url: about(url, outboundUrlSchema), ...overNetwork('receiver') });

const webhookSchema = z
  .strictObject({
    ...post('Where to. It must begin with https. Redirects are not followed.'),
    secret: about(
      'The signing secret: whsec_ and 24 to 64 bytes in base64. Write ${file:/path}. A list, while receivers change to another one: each message is signed with all of them.',
      z.union([signingSecretSchema, z.array(signingSecretSchema).check(z.minLength(1), z.maxLength(3))]),
    ),
  })
  .check(z.superRefine(refuseClear));

const chatSchema = z
  .strictObject(post('The address of the webhook, which is a secret. Write ${file:/path}.'))
  .check(z.superRefine(refuseClear));

const smtpSchema = z.strictObject({
  url: about(
    'The mail server: smtps://user@mail.example.com for TLS from the start, or smtp://user@mail.example.com:587 for STARTTLS, which the server must offer.',
    smtpUrlSchema,
  ),
  password: about(
    'The password of the user, if it is not in the URL. Write ${file:/path}.',
    z.optional(z.string().check(z.minLength(1))),
  ),
  from: about('The address of the sender.', mailAddressSchema),
  to: about('The addresses of the receivers.', z.array(mailAddressSchema).check(z.minLength(1), z.maxLength(20))),
  ...overNetwork('receiver'),
});

const kinds = ['webhook', 'slack', 'teams', 'smtp'] as const;

/** Where people are told of elevations and service accounts: one channel with one kind of receiver. */
export const notificationSchema = z
  .strictObject({
    name: about('The name that elevations[].notify uses.', nameSchema),
    events: about(
      'Only these events, such as elevation.requested or service_account.expiring. All of them by default.',
      z.nullish(z.array(z.enum(noticeEventTypes)).check(z.minLength(1))),
    ),
    webhook: about('Posts CloudEvents, signed as the Standard Webhooks specification says.', z.optional(webhookSchema)),
    slack: about('Posts messages to an incoming webhook of Slack.', z.optional(chatSchema)),
    teams: about('Posts Adaptive Cards to a Workflows webhook of Microsoft Teams.', z.optional(chatSchema)),
    smtp: about('Sends mails in plain text.', z.optional(smtpSchema)),
  })
  .check(
    z.superRefine((channel, context) => {
      if (kinds.filter((kind) => channel[kind] !== undefined).length === 1) return;
      context.addIssue({ code: 'custom', message: `needs exactly one of ${kinds.join(', ')}` });
    }),
  );
export type NotificationConfig = z.infer<typeof notificationSchema>;
