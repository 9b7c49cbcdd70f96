import { describe, expect, it } from '@jest/globals';
import type { OutboundFetch } from '@sallyport/kit';
import { AcmeFailure } from './acme-failure.ts';
import { requestCertificate } from './request-certificate.ts';
import { createKey } from './x509.ts';

const base = 'https://ca.example';
const token = 'a'.repeat(43);
const urn = (type: string) => `urn:ietf:params:acme:error:${type}`;
type Reply = { status?: number; body?: unknown; headers?: Record<string, string> };

const directory = { newNonce: `${base}/nonce`, newAccount: `${base}/account`, newOrder: `${base}/orders` };
const order = { status: 'ready', authorizations: [`${base}/authz`], finalize: `${base}/finalize` };
const authorization = (more: object = {}, challenge: object = {}) => ({
  status: 'pending',
  identifier: { type: 'dns', value: 'gate.example.com' },
  challenges: [{ type: 'http-01', url: `${base}/challenge`, token, ...challenge }],
  ...more,
});

/** Requests a certificate from a server that answers as it should, but for these addresses. */
async function request(replies: Record<string, Reply | (() => Reply)>) {
  const good: Record<string, Reply> = {
    '/dir': { body: directory },
    '/nonce': {},
    '/account': { headers: { location: `${base}/account/1` } },
    '/orders': { status: 201, body: order, headers: { location: `${base}/order` } },
    '/authz': { body: authorization() },
    '/challenge': { body: {} },
    '/order': { body: order },
    '/finalize': { body: order },
  };
  const calls: string[] = [];
  const presented: string[] = [];
  const fetch: OutboundFetch = async (url, { method }) => {
    const { host, pathname, protocol } = new URL(url);
    calls.push(`${method} ${protocol}//${host}${pathname}`);
    const found = replies[pathname] ?? good[pathname];
    if (!found) throw new Error(`${pathname} is unknown`);
    const { status = 200, body, headers } = typeof found === 'function' ? found() : found;
    const content = method === 'HEAD' ? null : typeof body === 'string' ? body : JSON.stringify(body ?? {});
    return new Response(content, { status, headers: { 'replay-nonce': `n${calls.length}`, ...headers } });
  };
  const failure = await requestCertificate(
    {
      directory: `${base}/dir`,
      accountKey: createKey(),
      email: undefined,
      externalAccount: undefined,
      fetch,
      now: () => Date.parse('2026-12-01T00:00:00Z'),
      signal: AbortSignal.timeout(60_000),
    },
    {
      domains: ['gate.example.com'],
      key: createKey(),
      challenge: 'http-01',
      present({ host }) {
        presented.push(host);
        return () => void presented.push(`${host} withdrawn`);
      },
    },
  ).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof AcmeFailure)) throw new Error('it should be an AcmeFailure', { cause: failure });
  return { failure, calls, presented };
}

describe('an ACME server that does not behave', () => {
  it('gets no answer to a challenge for a host that was not asked for', async () => {
    const foreign = authorization({ identifier: { type: 'dns', value: 'bank.example.com' } });
    const { failure, presented, calls } = await request({ '/authz': { body: foreign } });
    expect(failure.message).toBe('it offers no challenge http-01 for bank.example.com');
    expect(presented).toEqual([]);
    expect(calls.at(-1)).toBe('POST https://ca.example/authz');
  });

  it.each(['../../x', '', 'short', 'a/b'.repeat(20), `${'a'.repeat(40)}?`])(
    'cannot let the token %j become a path',
    async (bad) => {
      const { failure, presented } = await request({ '/authz': { body: authorization({}, { token: bad }) } });
      expect(failure.message).toBe('its answer is not one of an ACME server');
      expect(presented).toEqual([]);
    },
  );

  it.each(['http://ca.example/account', 'file:///etc/passwd', 'account', ''])(
    'cannot lead requests to %j',
    async (newAccount) => {
      const { failure, calls } = await request({ '/dir': { body: { ...directory, newAccount } } });
      expect(failure.message).toMatch(/an address that is not an https URL/);
      expect(calls.filter((call) => call.startsWith('POST'))).toEqual([]);
    },
  );

  it('is asked ten times with another nonce, and not for ever', async () => {
    const body = { type: urn('badNonce'), detail: 'again' };
    const { failure, calls } = await request({ '/orders': { status: 400, body } });
    expect(failure).toMatchObject({ problem: 'badNonce', isRefusal: true });
    expect(calls.filter((call) => call.endsWith('/orders'))).toHaveLength(10);
  });

  it.each<[string, Reply, object]>([
    ['garbage', { body: '<html>' }, { message: 'its answer is not one of an ACME server', isRefusal: false }],
    ['a redirect', { status: 302, headers: { location: 'https://x/' } }, { message: 'it answered 302' }],
    [
      'a limit with a time',
      { status: 429, body: { type: urn('rateLimited') }, headers: { 'retry-after': '3600' } },
      { problem: 'rateLimited', retryAfterMs: 3_600_000, isRefusal: true },
    ],
    [
      'a limit with a date',
      { status: 429, body: {}, headers: { 'retry-after': 'Tue, 01 Dec 2026 00:10:00 GMT' } },
      { retryAfterMs: 600_000 },
    ],
    [
      'an overload, which is no refusal',
      { status: 503, body: {}, headers: { 'retry-after': '60' } },
      { retryAfterMs: 60_000, isRefusal: false },
    ],
    ['an odd Retry-After', { status: 429, body: {}, headers: { 'retry-after': 'soon' } }, { retryAfterMs: undefined }],
  ])('is understood when it answers with %s', async (_what, reply, expected) => {
    expect((await request({ '/orders': reply })).failure).toMatchObject(expected);
  });

  it('has its challenge withdrawn when it refuses, and the failure names the host', async () => {
    const error = { type: urn('unauthorized'), detail: 'wrong \u202Eanswer' };
    let asked = 0;
    const { failure, presented } = await request({
      '/authz': () => ({ body: asked++ === 0 ? authorization() : authorization({ status: 'invalid' }, { error }) }),
    });
    expect(failure).toMatchObject({ domain: 'gate.example.com', problem: 'unauthorized', isRefusal: true });
    expect(failure.message).toBe('it did not accept gate.example.com: wrong \\u{202e}answer');
    expect(presented).toEqual(['gate.example.com', 'gate.example.com withdrawn']);
  });
});
