import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCertificateAuthority } from '@sallyport/bed';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import { startWebApp, type WebApp } from './start-web-app.ts';

const audience = 'http://localhost:8444';
const claims = { user: 'alice@example.com', email: 'alice@example.com', groups: ['developers', '<b>x</b>'] };

/** A gateway that publishes one key over TLS. */
let gateway: Server;
let issuer: string;
let app: WebApp;
let key: CryptoKey;
let other: CryptoKey;
beforeAll(async () => {
  const authority = await createCertificateAuthority({ name: 'web application' });
  const { certPem, keyPem } = await authority.issue({ commonName: 'x', ipAddresses: ['127.0.0.1'], server: true });
  const pair = await generateKeyPair('ES256');
  key = pair.privateKey;
  other = (await generateKeyPair('ES256')).privateKey;
  const keys = { keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'ES256', use: 'sig' }] };
  gateway = createServer({ cert: certPem, key: keyPem }, (request, response) => {
    const found = request.url === '/.well-known/sallyport/jwks.json';
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(keys));
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  issuer = `https://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  app = await startWebApp();
  const early = await fetch(app.address);
  expect([early.status, await early.text()]).toEqual([401, expect.stringContaining('does not know its gateway yet')]);
  app.trust({ issuer, audience, ca: authority.caPem });
});
afterAll(async () => {
  await app?.close();
  gateway?.close();
});

type About = { by?: CryptoKey; iss?: string; aud?: string; exp?: string | number; more?: object };
const assert = ({ by = key, iss = issuer, aud = audience, exp = '5m', more = claims }: About = {}) =>
  new SignJWT({ ...more })
    .setProtectedHeader({ alg: 'ES256', kid: 'one' })
    .setIssuer(iss)
    .setAudience(aud)
    .setSubject('uid')
    .setExpirationTime(exp)
    .sign(by);
const ask = async (path: string, assertion: string, init: RequestInit = {}) =>
  fetch(`${app.address}${path}`, {
    ...init,
    headers: { 'x-sallyport-jwt-assertion': assertion, 'x-forwarded-email': 'a@b' },
  });

describe('the web application of the demo', () => {
  it('shows whom its gateway names, escaped, on a page that loads nothing else', async () => {
    const answer = await ask('/', await assert());
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(text).toContain('<h1>You are alice@example.com</h1>');
    expect(text).toContain('developers, &lt;b&gt;x&lt;/b&gt;');
    expect(answer.headers.get('content-security-policy')).toMatch(
      /^default-src 'none';.*connect-src 'self' ws:\/\/localhost:8444$/,
    );
    expect(await (await ask('/whoami', await assert())).json()).toMatchObject({
      assertion: { user: 'alice@example.com', sub: 'uid' },
      headers: { 'x-forwarded-email': 'a@b' },
    });
  });

  it.each([
    ['no assertion', async () => undefined],
    [
      'one that is not signed',
      async () => `${btoa('{"alg":"none"}')}.${btoa(JSON.stringify({ iss: issuer, aud: audience, ...claims }))}.`,
    ],
    ['one by another key', () => assert({ by: other })],
    ['one of another gateway', () => assert({ iss: 'https://other.example.com' })],
    ['one for another application', () => assert({ aud: 'http://localhost:8445' })],
    ['one that has expired', () => assert({ exp: Math.floor(Date.now() / 1000) - 60 })],
    ['one without a user', () => assert({ more: {} })],
  ])('refuses every address to a request with %s', async (_what, make) => {
    const assertion = await make();
    for (const path of ['/', '/whoami', '/clock', '/upload'])
      expect([
        path,
        (
          await fetch(`${app.address}${path}`, {
            headers: assertion === undefined ? {} : { 'x-sallyport-jwt-assertion': assertion },
          })
        ).status,
      ]).toEqual([path, 401]);
    const socket = new WebSocket(`${app.address.replace('http', 'ws')}/echo`);
    await once(socket, 'error');
  });

  it('counts an upload, pushes its clock, and has nothing else', async () => {
    const assertion = await assert();
    const upload = await ask('/upload', assertion, { method: 'POST', body: 'abc' });
    expect(await upload.json()).toEqual({
      bytes: 3,
      sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    });
    const clock = await ask('/clock', assertion);
    const { value } = await clock.body!.getReader().read();
    expect(Buffer.from(value!).toString()).toMatch(/^retry: 1000\n/);
    expect((await ask('/other', assertion)).status).toBe(404);
    expect((await ask('/upload', assertion)).status).toBe(404);
  });

  it('says that it is not ready while the keys cannot be read', async () => {
    const lonely = await startWebApp();
    lonely.trust({ issuer: 'https://127.0.0.1:9', audience, ca: '' });
    const answer = await fetch(lonely.address, { headers: { 'x-sallyport-jwt-assertion': await assert() } });
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('keys of the gateway')]);
    await lonely.close();
  });
});
