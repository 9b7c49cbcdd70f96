import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createLogger, ProblemError, readBodyText } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import express from 'express';
import supertest from 'supertest';
import { beginSubject } from './begin-subject.ts';
import type { OwnApiDeps } from './own-api-deps.ts';
import { createServiceProxy } from './service-proxy.ts';

const received: string[] = [];
const begun: string[] = [];
let refuse: ProblemError | undefined;
const authenticate = createServer((request, response) => {
  void readBodyText(request, 65_536).then((body) => {
    received.push(body);
    response.setHeader('content-type', 'application/json').end('{"access_token":"spt_x"}');
  });
});
const app = express();

beforeAll(async () => {
  authenticate.listen(0, '127.0.0.1');
  await once(authenticate, 'listening');
  const deps = {
    clientAddress: () => '192.0.2.1',
    auditCall: { open: () => {}, complete: () => {} },
    workloads: {
      mayBe: (token: string) => token.includes('.'),
      begin: async ({ token }: { token: string }) => {
        if (refuse) throw refuse;
        begun.push(token);
      },
    },
  } as unknown as OwnApiDeps;
  const pass = createServiceProxy({
    service: 'authenticate',
    url: `http://127.0.0.1:${(authenticate.address() as AddressInfo).port}`,
    ca: undefined,
    identity: { credentialFor: async () => 'Sallyport-Service x' },
    origin: 'https://gate.example.com',
    clientAddress: () => '192.0.2.1',
    ownPages: createPages({ host: 'gate.example.com', name: 'x' }),
    logger: createLogger({ service: 'proxy', level: 'silent' }),
  });
  app.all('/.sallyport/token', beginSubject(deps), pass);
});
beforeEach(() => {
  received.length = 0;
  begun.length = 0;
  refuse = undefined;
});
afterAll(() => void authenticate.close());

const grant = 'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange';
const post = (body: string, type = 'application/x-www-form-urlencoded') =>
  supertest(app).post('/.sallyport/token').set('content-type', type).send(body);

it('a token exchange begins the session of its subject, and passes on as it came', async () => {
  const body = `${grant}&subject_token=a.b.c`;
  expect((await post(body)).body).toEqual({ access_token: 'spt_x' });
  expect([begun, received]).toEqual([['a.b.c'], [body]]);
});

it.each([
  ['grant_type=authorization_code&code=x', 'application/x-www-form-urlencoded'],
  [`${grant}&subject_token=a.b.c&subject_token=a.b.d`, 'application/x-www-form-urlencoded'],
  [`${grant}&subject_token=spt_x`, 'application/x-www-form-urlencoded'],
  ['{"grant_type":"authorization_code"}', 'application/json'],
])('anything else passes on as it came: %s', async (body, type) => {
  expect((await post(body, type)).status).toBe(200);
  expect([begun, received]).toEqual([[], [body]]);
});

it('a refused subject is an error of RFC 8693, and reaches no one', async () => {
  refuse = new ProblemError('unauthenticated', 'The token is not accepted.');
  expect(await post(`${grant}&subject_token=a.b.c`)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  refuse = new ProblemError('service-unavailable', 'down');
  expect(await post(`${grant}&subject_token=a.b.c`)).toMatchObject({
    status: 503,
    body: { error: 'temporarily_unavailable' },
  });
  expect(received).toEqual([]);
});
