import { type Notice, mailAddressSchema, type NotificationConfig } from '@sallyport/contracts';
import { describeFetchFailure } from '@sallyport/kit';
import { createTransport } from 'nodemailer';
import { describeNotice } from '../message/describe-notice.ts';
import { DeliveryError, type Channel } from './channel.ts';

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

type MailConfig = NonNullable<NotificationConfig['smtp']>;

const timeoutMs = 20_000;

/** Says why a mail was not taken: the code of a reply of the server, and never its text. */
function describeMailFailure(error: unknown): string {
  const { responseCode, code } = error as { responseCode?: unknown; code?: unknown };
  if (typeof responseCode === 'number') return `the mail server answered ${responseCode}`;
  if (code === 'ETIMEDOUT') return `it did not answer within ${timeoutMs / 1000} s`;
  return describeFetchFailure(error, timeoutMs);
}

/** Returns to whom a notice goes: about a service account, also to its maker, if the mail address is known. */
function receiversOf(notice: Notice, to: readonly string[]): string[] {
  const email = 'serviceAccount' in notice ? notice.serviceAccount.maker.email : undefined;
  return mailAddressSchema.safeParse(email).success ? [...new Set([...to, email!])] : [...to];
}

/**
 * Sends mails over TLS: from the start with smtps, and with STARTTLS, which the server must offer, with smtp. Certificates
 * are verified. `allowInsecure` lets smtp do without TLS.
 */
export function createMailChannel(
  { url, password, from, to, allowInsecure }: MailConfig,
  deps: { gatewayUrl: string; ca: string | undefined },
): Pick<Channel, 'send' | 'close'> {
  const { protocol, hostname, port, username, password: inUrl } = new URL(url);
  const secure = protocol === 'smtps:';
  const pass = password ?? decodeURIComponent(inUrl);
  const transport = createTransport({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (secure ? 465 : 587) : Number(port),
    secure,
    requireTLS: !secure && !allowInsecure,
    ...(username === '' ? {} : { auth: { user: decodeURIComponent(username), pass } }),
    tls: { minVersion: 'TLSv1.2', ...(deps.ca === undefined ? {} : { ca: deps.ca }) },
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    // A mail has no attachments, and must never read a file or an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    async send(notice, signal) {
      const aborted = new Promise<never>((_resolve, reject) => {
        const stop = () => reject(new DeliveryError(`it did not answer within ${timeoutMs / 1000} s`));
        AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]).addEventListener('abort', stop, { once: true });
      });
      const sent = transport.sendMail({
        from: { name: 'Sallyport', address: from },
        to: receiversOf(notice, to),
        ...mailMessage(notice, deps.gatewayUrl),
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      try {
        await Promise.race([sent, aborted]);
      } catch (error) {
        void sent.catch(() => undefined);
        throw error instanceof DeliveryError ? error : new DeliveryError(describeMailFailure(error));
      }
    },
    async close() {
      transport.close();
    },
  };
}
