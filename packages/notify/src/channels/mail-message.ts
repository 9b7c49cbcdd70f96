import type { Notice } from '@sallyport/contracts';
import { describeNotice } from '../message/describe-notice.ts';

/** A mail without its addresses. */
type MailMessage = { subject: string; text: string; messageId: string; references: string };

const maxSubject = 200;

const threadOf = (notice: Notice) =>
  'elevation' in notice ? `elevation-${notice.elevation.id}` : `service-account-${notice.serviceAccount.id}`;

/**
 * Returns a notice as a mail in plain text. Every attempt has the same Message-ID, so that mail programs show it once, and
 * the mails about one thing are one thread. All texts are on one line, so none of them can add a header or a line.
 */
export function mailMessage(notice: Notice, gatewayUrl: string): MailMessage {
  const { title, facts, link } = describeNotice(notice, gatewayUrl);
  const host = new URL(gatewayUrl).hostname.replace(/[^A-Za-z0-9.-]/g, '') || 'sallyport';
  const width = Math.max(...facts.map(({ label }) => label.length)) + 2;
  return {
    subject: `[Sallyport] ${title}`.slice(0, maxSubject),
    text: [title, '', ...facts.map(({ label, text }) => `${`${label}:`.padEnd(width)}${text}`), '', link, ''].join(
      '\n',
    ),
    messageId: `<${notice.id}@${host}>`,
    references: `<${threadOf(notice).replace(/[^A-Za-z0-9-]/g, '')}@${host}>`,
  };
}
