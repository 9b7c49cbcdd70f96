import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { makeCertificate } from '../testing/certificates.ts';
import { exampleAccountNotice, exampleNotice, hostileText } from '../testing/example-notice.ts';
import { createMailChannel } from './create-mail-channel.ts';

const never = new AbortController().signal;
let tls: { key: string; cert: string };
beforeAll(() => {
  tls = makeCertificate();
});

type Mail = { from: string; to: string[]; user: string | undefined; secure: boolean; text: string };
let mails: Mail[];
let closers: (() => void)[];
beforeEach(() => {
  mails = [];
  closers = [];
});
afterEach(() => {
  for (const close of closers) close();
});

/** Starts a mail server that keeps what it gets. alice's password is `p@ss/w:rd`. */
async function startServer(options: SMTPServerOptions = {}): Promise<number> {
  const server = new SMTPServer({
    ...tls,
    onAuth: ({ username, password }, _session, done) =>
      username === 'alice' && password === 'p@ss/w:rd'
        ? done(null, { user: username })
        : done(new Error('planted-secret is not the password')),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : (mailFrom?.address ?? ''),
          to: rcptTo.map(({ address }) => address),
          user: session.user as string | undefined,
          secure: session.secure,
          text: Buffer.concat(chunks).toString('utf8'),
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  closers.push(() => server.close(() => undefined));
  return (listening.address() as AddressInfo).port;
}
function channelOf(url: string, more: object = {}, ca: string | undefined = tls.cert) {
  const channel = createMailChannel(
    { url, from: 'gate@example.com', to: ['oncall@example.com', 'lead@example.com'], allowInsecure: false, ...more },
    { gatewayUrl: 'https://gate.example.com', ca },
  );
  closers.push(() => void channel.close());
  return channel;
}
const send = (url: string, more?: object, ca?: string) =>
  channelOf(url, more, ca)
    .send(exampleNotice(), never)
    .then(
      () => 'taken',
      (error: Error) => error.message,
    );
const headersOf = ({ text }: Mail) =>
  text
    .slice(0, text.indexOf('\r\n\r\n'))
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split('\r\n');

describe('a mail about a service account', () => {
  it('goes to its maker too, once, and to no address that is none', async () => {
    const port = await startServer({ secure: true });
    const to = (email?: string) =>
      channelOf(`smtps://alice@127.0.0.1:${port}`, { password: 'p@ss/w:rd' }).send(
        exampleAccountNotice({ maker: { user: 'alice', ...(email === undefined ? {} : { email }) } }),
        never,
      );
    for (const email of [undefined, 'alice@example.com', 'lead@example.com', 'a@b.c\r\nBcc: x@evil.example'])
      await to(email);
    const both = ['oncall@example.com', 'lead@example.com'];
    expect(mails.map((mail) => mail.to)).toEqual([both, [...both, 'alice@example.com'], both, both]);
  });
});

describe('a mail about a step', () => {
  it('goes over TLS with a login, to everyone, in plain text, with the same Message-ID each time', async () => {
    const port = await startServer({ secure: true });
    const url = `smtps://alice@127.0.0.1:${port}`;
    const channel = channelOf(url, { password: 'p@ss/w:rd' });
    await channel.send(exampleNotice(), never);
    await channel.send(exampleNotice(), never);
    expect(mails).toHaveLength(2);
    expect(mails[0]).toMatchObject({
      from: 'gate@example.com',
      to: ['oncall@example.com', 'lead@example.com'],
      user: 'alice',
      secure: true,
    });
    const ids = mails.map((mail) => headersOf(mail).find((line) => /^message-id:/i.test(line)));
    expect(new Set(ids)).toEqual(new Set(['Message-ID: <0b6f3c1e-0000-8000-8000-000000000001@gate.example.com>']));
    expect(headersOf(mails[0]!)).toEqual(
      expect.arrayContaining([
        'Subject: [Sallyport] alice@example.com asks for prod-admin on prod-eu',
        'From: Sallyport <gate@example.com>',
        'To: oncall@example.com, lead@example.com',
        'Auto-Submitted: auto-generated',
        'Content-Type: text/plain; charset=utf-8',
      ]),
    );
    expect(mails[0]!.text.replaceAll('=\r\n', '')).toMatch(/^Reason: +the shop is down\r$/m);
    expect(await send(url.replace('alice@', `alice:${encodeURIComponent('p@ss/w:rd')}@`))).toBe('taken');
  });

  it('lets no text of a person add a header, a receiver or a line', async () => {
    const port = await startServer({ secure: true, authOptional: true });
    const notice = exampleNotice(
      { detail: hostileText, by: hostileText },
      { reason: hostileText, user: hostileText, ticket: hostileText, groups: [hostileText], name: hostileText },
    );
    await channelOf(`smtps://127.0.0.1:${port}`).send(notice, never);
    const [mail] = mails;
    expect(mail!.to).toEqual(['oncall@example.com', 'lead@example.com']);
    const names = headersOf(mail!).map((line) => line.split(':')[0]!.toLowerCase());
    expect(names).not.toContain('bcc');
    expect(new Set(names).size).toBe(names.length);
    const body = mail!.text.slice(mail!.text.indexOf('\r\n\r\n'));
    expect(body).not.toMatch(/^Bcc:/m);
    expect(body).not.toMatch(/^body/m);
  });

  it('is not sent without TLS, to a server without STARTTLS, or to one whose certificate is not trusted', async () => {
    const clear = await startServer({ disabledCommands: ['STARTTLS'], authOptional: true });
    expect(await send(`smtp://127.0.0.1:${clear}`)).not.toBe('taken');
    const other = await startServer({ authOptional: true });
    const stranger = makeCertificate().cert;
    expect(await send(`smtp://127.0.0.1:${other}`, {}, stranger)).toMatch(/^it cannot be reached \(.*\)$/);
    const wrapped = await startServer({ secure: true, authOptional: true });
    expect(await send(`smtps://127.0.0.1:${wrapped}`, {}, stranger)).toMatch(/^it cannot be reached \(.*\)$/);
    expect(mails).toEqual([]);
    expect(await send(`smtp://127.0.0.1:${other}`)).toBe('taken');
    expect(mails[0]!.secure).toBe(true);
    expect(await send(`smtp://127.0.0.1:${clear}`, { allowInsecure: true })).toBe('taken');
  });

  it('that the server refuses is described by the code of its reply alone', async () => {
    const port = await startServer({ secure: true });
    expect(await send(`smtps://alice:planted-secret@127.0.0.1:${port}`)).toBe('the mail server answered 535');
    const full = await startServer({
      secure: true,
      authOptional: true,
      onRcptTo: (_address, _session, done) => done(Object.assign(new Error('planted-secret'), { responseCode: 452 })),
    });
    expect(await send(`smtps://127.0.0.1:${full}`)).toBe('the mail server answered 452');
  });

  it('is cut off with its process when the server hangs', async () => {
    const silent: Server = createServer((socket) => void closers.push(() => socket.destroy())).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    closers.push(() => silent.close());
    const stop = new AbortController();
    const sending = channelOf(`smtps://127.0.0.1:${(silent.address() as AddressInfo).port}`).send(
      exampleNotice(),
      stop.signal,
    );
    setTimeout(() => stop.abort(), 100);
    const started = Date.now();
    await expect(sending).rejects.toThrow();
    expect(Date.now() - started).toBeLessThan(15_000);
  });
});
