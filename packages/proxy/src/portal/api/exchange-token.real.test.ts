import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createLogger, hashToken, ProblemError } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import { createPagesRig, gatewayOrigin } from '../../testing/pages-rig.ts';
import type { PresentedToken } from '../../workloads/workload-sessions.ts';
import { createServiceProxy } from '../calls/service-proxy.ts';

const subject = 'e30.e30.AA';
const exchange = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token: subject,
  subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
};

let server: Server;
let passedOn: { type: string | undefined; length: string | undefined; body: string }[];
let presented: PresentedToken[];
let outcome: () => Promise<{ token: string; session: { id: string; expiresAt: number } }>;
let rig: ReturnType<typeof createPagesRig>;
beforeEach(async () => {
  [passedOn, presented] = [[], []];
  outcome = async () => ({ token: 'spt_new', session: { id: 'ses_1', expiresAt: Date.now() + 60_500 } });
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { 'content-type': type, 'content-length': length } = request.headers;
      passedOn.push({ type, length, body: Buffer.concat(chunks).toString() });
      response.writeHead(400, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  rig = createPagesRig({
    pages: createServiceProxy({
      service: 'authenticate',
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      ca: undefined,
      identity: { credentialFor: async () => 'Sallyport-Service x' },
      origin: gatewayOrigin,
      clientAddress: () => '10.0.0.9',
      ownPages: createPages({ host: 'gate.example.com' }),
      logger: createLogger({ service: 'proxy', level: 'silent' }),
    }),
    workloads: {
      mayBe: (token) => token === subject,
      begin: () => Promise.reject(new Error('not asked for')),
      exchange: (one) => {
        presented.push(one);
        return outcome();
      },
    },
  });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const send = (fields: Record<string, string> | string, type = 'application/x-www-form-urlencoded') =>
  rig.agent
    .post('/.sallyport/token')
    .set({ host: 'gate.example.com', 'content-type': type })
    .send(typeof fields === 'string' ? fields : new URLSearchParams(fields).toString());

describe('the exchange of the token of a workload', () => {
  it('gives a token of the gateway, as RFC 8693 has it, and lets no one keep the answer', async () => {
    const { status, body, headers } = await send(exchange);
    expect([status, body]).toEqual([
      200,
      {
        access_token: 'spt_new',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: 60,
      },
    ]);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    expect(presented).toMatchObject([{ token: subject, hash: hashToken(subject), clientAddress: '10.0.0.9' }]);
    expect(passedOn).toEqual([]);
  });

  it.each<[string, string, object]>([
    ['no subject token', 'invalid_request', { subject_token: '' }],
    ['the token of another issuer', 'invalid_request', { subject_token: 'e30.e30.BB' }],
    ['a token of the gateway', 'invalid_request', { subject_token: `spt_${'a'.repeat(43)}` }],
    ['another type of token', 'invalid_request', { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' }],
    ['another type as the answer', 'invalid_request', { requested_token_type: 'urn:ietf:params:oauth:token-type:jwt' }],
    ['an actor', 'invalid_request', { actor_token: 'x' }],
    ['an audience', 'invalid_target', { audience: 'other' }],
    ['a resource', 'invalid_target', { resource: 'https://other.example' }],
    ['a scope', 'invalid_scope', { scope: 'read' }],
  ])('is refused with %s, and the refusal is recorded', async (_what, error, changes) => {
    const { status, body } = await send({ ...exchange, ...changes });
    expect([status, body]).toEqual([400, { error, error_description: expect.any(String) }]);
    expect([presented, passedOn]).toEqual([[], []]);
    expect(rig.events).toMatchObject([{ path: '/.sallyport/token' }]);
  });

  it('is refused with a parameter that appears twice', async () => {
    const twice = `${new URLSearchParams(exchange).toString()}&subject_token=${subject}`;
    expect((await send(twice)).body).toMatchObject({ error: 'invalid_request' });
    expect(presented).toEqual([]);
  });

  it('says why a token is refused, but not that of an outage, and repeats no token', async () => {
    outcome = () => Promise.reject(new ProblemError('unauthenticated', 'its audience is wrong'));
    const refused = await send(exchange);
    expect([refused.status, refused.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'its audience is wrong' },
    ]);
    outcome = () => Promise.reject(new ProblemError('audit-unavailable', 'The audit log is down.'));
    const failed = await send(exchange);
    expect([failed.status, failed.body]).toEqual([503, expect.objectContaining({ code: 'audit-unavailable' })]);
    expect(`${refused.text}${failed.text}`).not.toContain(subject);
    expect(rig.events.map(({ status }) => status)).toEqual([400, 503]);
  });

  it.each([
    [
      new URLSearchParams({ grant_type: 'authorization_code', code: 'a b&c', code_verifier: 'é' }).toString(),
      undefined,
    ],
    ['grant_type=authorization_code&grant_type=x', undefined],
    ['', undefined],
    [JSON.stringify(exchange), 'application/json'],
  ])('leaves every other request to authenticate, byte for byte: %j', async (text, type) => {
    const { status, body } = await send(text, type);
    expect([status, body]).toEqual([400, { error: 'invalid_grant' }]);
    expect(passedOn).toMatchObject([{ body: text }]);
    expect(passedOn[0]!.type).toContain(type ?? 'application/x-www-form-urlencoded');
    expect(presented).toEqual([]);
  });

  it('is refused if the body is too long', async () => {
    expect((await send({ ...exchange, more: 'x'.repeat(20_000) })).status).toBe(413);
    expect(presented).toEqual([]);
  });
});
