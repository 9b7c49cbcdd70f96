import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  authority,
  certificate,
  expired,
  impostor,
  key,
  ofExpiredAuthority,
  otherAuthority,
} from '../testing/certificates.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { readFingerprint } from './ca-fingerprint.ts';

const opensslForm = (pem: string) => new X509Certificate(pem).fingerprint256;
const fingerprint = (pem: string) => `sha256:${opensslForm(pem).replaceAll(':', '').toLowerCase()}`;

let gateway: FakeGateway;
let rig: Rig;
beforeEach(() => {
  rig = createRig();
  // The browser of these tests would not trust the gateway either, so it is only opened.
  rig.environment.launch = () => Promise.resolve(false);
});
afterEach(async () => {
  await gateway?.close();
  rig.remove();
});

/** Starts a gateway that presents these certificates, and serves this text as its CA. */
async function start(cert: string, { own = key, offers }: { own?: string; offers?: string } = {}): Promise<void> {
  gateway = await startFakeGateway({ key: own, cert });
  gateway.override = ({ path: asked }) =>
    asked === '/.sallyport/ca.pem' && offers !== undefined ? { status: 200, body: offers } : undefined;
}
const login = (...args: string[]) =>
  rig.run('login', '--gateway', gateway.origin, '--no-browser', '--timeout', '1', ...args);
const withFingerprint = (pem: string) => login('--ca-fingerprint', fingerprint(pem));
/** The login got past TLS, and waits in vain for the user. */
const trusted = { code: 6, err: expect.stringContaining('the login was not finished') };
const refused = (...texts: string[]) => ({ code: 4, err: expect.stringMatching(texts.join('[^]*')) });
const askedOnlyForCa = ['GET /.sallyport/ca.pem'];
/** Nothing of the attempt is remembered: the gateway is as little trusted as before. */
const expectForgotten = async () =>
  expect(await login()).toMatchObject(refused('signed by an authority that this machine does not trust'));

describe('the fingerprint of a CA', () => {
  it('finds it in the handshake, and it is remembered', async () => {
    await start(`${certificate}${authority}`);
    expect(await withFingerprint(authority)).toMatchObject(trusted);
    expect(gateway.calls).not.toContain(askedOnlyForCa[0]);
    expect(await login()).toMatchObject(trusted);
  });

  it('finds it at the gateway, where the handshake does not have it', async () => {
    await start(certificate, { offers: `A comment\n${otherAuthority}${authority}` });
    expect(await withFingerprint(authority)).toMatchObject(trusted);
    expect(gateway.calls[0]).toBe(askedOnlyForCa[0]);
    expect(gateway.raw[0]).toBe('{"url":"/.sallyport/ca.pem","body":""}');
    expect(await login()).toMatchObject(trusted);
  });

  it('can be given for a kubeconfig too', async () => {
    await start(certificate, { offers: authority });
    const run = await rig.run('kubeconfig', '--gateway', gateway.origin, '--ca-fingerprint', fingerprint(authority));
    expect(run).toMatchObject({ code: 3, err: expect.stringContaining('not logged in') });
    expect(await login()).toMatchObject(trusted);
    const offline = ['--offline', '--cluster', 'dev', '--ca-fingerprint', fingerprint(authority)];
    expect(await rig.run('kubeconfig', '--gateway', gateway.origin, ...offline)).toMatchObject({ code: 2 });
  });

  it.each([
    ['lower case', fingerprint(authority)],
    ['upper case', fingerprint(authority).toUpperCase()],
    ['no prefix', fingerprint(authority).slice(7)],
    ['colons', opensslForm(authority)],
    ['colons and a prefix', `sha256:${opensslForm(authority).toLowerCase()}`],
    ['the whole line of openssl', `sha256 Fingerprint=${opensslForm(authority)}\n`],
  ])('may be written with %s', (_how, text) => {
    expect(readFingerprint(text)).toBe(fingerprint(authority).slice(7));
  });

  it.each([
    ['a SHA-1', new X509Certificate(authority).fingerprint, 'the length of a SHA-1'],
    ['the first half', fingerprint(authority).slice(0, 39), 'is not the SHA-256'],
    ['a digit less', fingerprint(authority).slice(0, -1), 'is not the SHA-256'],
    ['a digit more', `${fingerprint(authority)}0`, 'is not the SHA-256'],
    ['a SHA-512', `sha256:${new X509Certificate(authority).fingerprint512}`, 'is not the SHA-256'],
    ['another letter', fingerprint(authority).replace(/.$/, 'g'), 'is not the SHA-256'],
    ['nothing', '', 'is not the SHA-256'],
  ])('is refused if it is %s, before anything is sent', async (_what, text, why) => {
    await start(certificate, { offers: authority });
    expect(await login('--ca-fingerprint', text)).toMatchObject({ code: 2, err: expect.stringContaining(why) });
    expect(gateway.calls).toEqual([]);
  });

  it('is refused together with a file, and for a gateway without TLS', async () => {
    await start(certificate);
    const file = path.join(rig.directory, 'ca.pem');
    writeFileSync(file, authority);
    expect(await login('--ca-file', file, '--ca-fingerprint', fingerprint(authority))).toMatchObject({ code: 2 });
    const clear = ['login', 'http://localhost:1', '--ca-fingerprint', fingerprint(authority)];
    expect(await rig.run(...clear)).toMatchObject({ code: 2, err: expect.stringContaining('has no certificate') });
    expect(gateway.calls).toEqual([]);
  });
});

describe('an attacker in place of the gateway', () => {
  it('with another CA is refused, and both fingerprints are named', async () => {
    await start(certificate, { offers: authority });
    const given = fingerprint(otherAuthority);
    expect(await withFingerprint(otherAuthority)).toMatchObject(refused(given, fingerprint(authority)));
    expect(gateway.calls).toEqual(askedOnlyForCa);
    await expectForgotten();
  });

  it.each([
    ['in the handshake', `${impostor.cert}${authority}`, undefined, []],
    ['at the address of the CA', impostor.cert, authority, askedOnlyForCa],
  ])('is refused although it shows the true CA %s', async (_where, cert, offers, calls) => {
    await start(cert, { own: impostor.key, ...(offers === undefined ? {} : { offers }) });
    expect(await withFingerprint(authority)).toMatchObject(refused('is not signed by the CA sha256:', 'do not log in'));
    expect(gateway.calls).toEqual(calls);
    await expectForgotten();
  });

  it('cannot have its own certificate pinned', async () => {
    await start(`${certificate}${authority}`);
    expect(await withFingerprint(certificate)).toMatchObject(
      refused("the gateway's own certificate, and not of its CA"),
    );
    expect(gateway.calls).toEqual([]);
    await expectForgotten();
  });

  it.each([
    [
      'with a CA that has expired',
      `${ofExpiredAuthority.cert}${ofExpiredAuthority.authority}`,
      ofExpiredAuthority.authority,
      impostor.key,
    ],
    ['with a certificate that has expired', expired.cert, expired.cert, expired.key],
  ])('is refused %s', async (_how, cert, ca, own) => {
    await start(cert, { own });
    expect(await withFingerprint(ca)).toMatchObject(refused('its certificate has expired'));
    expect(gateway.calls).toEqual([]);
  });

  it('is refused for another name', async () => {
    await start(`${certificate}${authority}`);
    const byAddress = gateway.origin.replace('localhost', '127.0.0.1');
    const run = await rig.run('login', byAddress, '--ca-fingerprint', fingerprint(authority));
    expect(run).toMatchObject(refused('its certificate is for another name'));
    expect(gateway.calls).toEqual([]);
  });

  it.each([
    ['nonsense', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ['nothing', ''],
    ['a redirect', undefined],
  ])('that serves %s as its CA is refused', async (_what, offers) => {
    await start(certificate, offers === undefined ? {} : { offers });
    if (offers === undefined) gateway.override = () => ({ status: 302, headers: { location: `${gateway.origin}/ca` } });
    expect(await withFingerprint(authority)).toMatchObject(refused('it shows only its own certificate, sha256:'));
    expect(gateway.calls).toEqual(askedOnlyForCa);
  });

  it('that serves a CA without end is not read to the end', async () => {
    let sent = 0;
    let closed!: Promise<unknown>;
    const piece = 'x'.repeat(64 * 1024);
    const server: Server = createServer({ key, cert: certificate }, (_request, response) => {
      closed = new Promise((resolve) => {
        response.once('close', resolve);
      });
      const send = (): void => {
        while (!response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) return void response.once('drain', send);
        }
      };
      send();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const origin = `https://localhost:${(server.address() as AddressInfo).port}`;
    const run = await rig.run('login', origin, '--ca-fingerprint', fingerprint(authority));
    expect(run).toMatchObject(refused('it shows only its own certificate'));
    await closed;
    expect(sent).toBeLessThan(32 * 1024 * 1024);
    server.closeAllConnections();
    await new Promise((resolve) => {
      server.close(resolve);
    });
  });
});
