import { describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  createLogger,
  createServiceIdentity,
  createServiceVerifier,
  ProblemError,
  requireService,
  sendProblem,
} from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import express, { type ErrorRequestHandler } from 'express';
import supertest from 'supertest';
import { createServiceProxy } from '../calls/service-proxy.ts';
import { problemPage } from './problem-page.ts';

const logger = createLogger({ service: 'proxy', level: 'silent' });
const ownPages = createPages({ host: 'gate.example.com', name: 'Example Corp' });
const browser = { accept: 'text/html,application/xhtml+xml' };
const program = { accept: 'application/json' };

const failing = (error: Error) => {
  const app = express();
  app.get('/', () => {
    throw error;
  });
  app.use(problemPage({ logger, ownPages }));
  return supertest(app);
};

describe("an error of the gateway's own addresses", () => {
  const cases: [ProblemError, string, string][] = [
    [new ProblemError('not-found', 'There is no such page on this gateway.'), 'There is no such page', 'start page'],
    [new ProblemError('unauthenticated', 'Log in with "sallyport login".'), 'You are not logged in', '>Log in</a>'],
    [new ProblemError('authorize-unavailable', 'No decision.'), 'Not possible right now', 'Try again in a minute'],
    [new ProblemError('bad-request', 'Escapes.'), 'This link does not work', 'The address is incomplete'],
  ];

  it.each(cases)('is a page in a browser (%s)', async (error, title, says) => {
    const page = await failing(error).get('/').set(browser).expect(error.status);
    expect(page.text).toContain(`<title>${title} - Example Corp</title>`);
    expect(page.text).toContain(says);
    expect(page.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });

  it('never shows the text of an unexpected error', async () => {
    const page = await failing(new Error('secret')).get('/').set(browser).expect(500);
    expect(page.text).toContain('Something went wrong');
    expect(page.text).not.toContain('secret');
  });

  it('is JSON for a program', async () => {
    const { body, type } = await failing(cases[0]![0]).get('/').set(program).expect(404);
    expect([type, (body as { code: string }).code]).toEqual(['application/problem+json', 'not-found']);
  });
});

const passOn = (url: string, identity: { credentialFor(): Promise<string> }) =>
  express().use(
    createServiceProxy({
      service: 'authenticate',
      url,
      ca: undefined,
      identity,
      origin: 'https://gate.example.com',
      clientAddress: () => '192.0.2.7',
      ownPages,
      logger,
    }),
  );

describe('a page of authenticate while authenticate does not respond', () => {
  const app = passOn('http://127.0.0.1:1', { credentialFor: () => Promise.resolve('Sallyport-Service x') });

  it('is a page that tries again in a browser, and JSON for a program', async () => {
    const page = await supertest(app).get('/.sallyport/login?state="x').set(browser).expect(503);
    expect(page.text).toContain('Not possible right now');
    expect(page.text).toMatch(/<a class="act" href="\/\.sallyport\/login\?state=(?:&quot;|%22)x">Try again<\/a>/);
    expect(page.headers['retry-after']).toBe('1');
    const { body } = await supertest(app).get('/.sallyport/login').set(program).expect(503);
    expect(body).toMatchObject({ code: 'service-unavailable', status: 503 });
    expect((await supertest(app).post('/.sallyport/device').set(browser).expect(503)).text).not.toContain('Try again<');
  });
});

describe('a page of authenticate while its clock is a minute behind', () => {
  it('does not tell people to log in, which would not help', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const now = () => Date.now() - 60_000;
    const verifier = createServiceVerifier({ name: 'authenticate', publicKeys: { proxy: publicKey }, now });
    const service = express().use(requireService(verifier));
    service.use(((error, _request, response, _next) => sendProblem(response, error as Error)) as ErrorRequestHandler);
    const server = service.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const identity = createServiceIdentity({ name: 'proxy', privateKey, now: Date.now });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const app = passOn(url, { credentialFor: () => identity.credentialFor('authenticate') });
    try {
      const { body } = await supertest(app).get('/.sallyport/me').set(program).expect(503);
      expect(body).toMatchObject({
        code: 'service-unavailable',
        detail: 'The service authenticate does not accept the credential of proxy. Check the keys and clocks of both.',
      });
      const page = await supertest(app).get('/.sallyport/login').set(browser).expect(503);
      expect(page.text).toContain('Not possible right now');
    } finally {
      server.close();
    }
  });
});
