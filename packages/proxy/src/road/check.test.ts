import { describe, expect, it } from '@jest/globals';
import type { Check, ClientCertificate } from '@sallyport/contracts';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { createCheck } from './check.ts';
import type { ClusterExchange, Read } from '../exchange/exchange.ts';
import { allow } from '../testing/gateway-rig.ts';

type Details = {
  headers?: Record<string, string>;
  hasBody?: boolean;
  certificate?: ClientCertificate;
  contentTypes?: string[];
  upgrade?: boolean;
};

/** Returns a request whose head was read. */
function exchangeFor(method: string, target: string, more: Details = {}): Read<ClusterExchange> {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  const asked = readRequestInfo({
    method,
    path: parsed.path,
    segments: parsed.segments,
    query: parsed.query,
    hasBody: more.hasBody ?? false,
    ...(more.contentTypes ? { contentTypes: more.contentTypes } : {}),
  });
  return {
    request: { method, headers: more.headers ?? {}, socket: { destroyed: false, writableEnded: false } },
    response: { destroyed: false },
    clientAddress: '10.0.0.9',
    headers: { host: 'gate' },
    upgrade: more.upgrade ? {} : undefined,
    kind: 'cluster',
    clusterName: 'dev',
    asked,
    tokenHash: 'h',
    upstream: {},
  } as unknown as Read<ClusterExchange>;
}

/** Returns what authorize is asked about a request. */
async function asked(method: string, target: string, more: Details = {}): Promise<Check> {
  let check: Check | undefined;
  const step = createCheck({
    client: {
      check: async (one) => {
        check = one;
        return allow();
      },
    },
    clientCertificateOf: () => more.certificate,
  });
  await step(exchangeFor(method, target, more));
  return check!;
}

describe('what policy learns about a request', () => {
  it('is where it came from, what it asks for and whom it asks', async () => {
    const { request, kubernetes, target, credential } = await asked(
      'GET',
      '/api/v1/namespaces/dev/pods?labelSelector=a%3Db&fieldSelector=spec.nodeName%3Dn',
    );
    expect(request).toEqual({ method: 'GET', path: '/api/v1/namespaces/dev/pods', host: 'gate', ip: '10.0.0.9' });
    expect({ target, credential }).toEqual({
      target: { kind: 'cluster', name: 'dev' },
      credential: { kind: 'token', hash: 'h' },
    });
    expect(kubernetes).toMatchObject({
      verb: 'list',
      namespace: 'dev',
      labelSelector: 'a=b',
      fieldSelector: 'spec.nodeName=n',
    });
  });

  it.each([
    ['POST', '?dryRun=All', true, true],
    ['PUT', '/web?dryRun=All', true, true],
    ['PATCH', '/web?dryRun=All', true, true],
    ['DELETE', '/web?dryRun=All', false, true],
    ['DELETE', '/web?dryRun=All', true, undefined],
    ['POST', '', true, undefined],
    ['POST', '?dryRun=all', true, undefined],
    ['GET', '/web?dryRun=All', false, undefined],
  ])('%s %s (body: %j) is a dry run: %j', async (method, tail, hasBody, dryRun) => {
    expect((await asked(method, `/api/v1/namespaces/dev/pods${tail}`, { hasBody })).kubernetes?.dryRun).toBe(dryRun);
  });

  it('includes the headers of a preflight, and of nothing else', async () => {
    const headers = { origin: 'https://x', 'access-control-request-method': 'POST', cookie: 'c' };
    expect((await asked('OPTIONS', '/api/v1/pods', { headers })).request.headers).toEqual({
      origin: 'https://x',
      'access-control-request-method': 'POST',
    });
    expect((await asked('GET', '/api/v1/pods', { headers })).request).not.toHaveProperty('headers');
  });

  it('includes the client certificate if the gateway asks for one', async () => {
    const certificate = { presented: true, leaf: 'PEM', valid: true };
    expect((await asked('GET', '/api', { certificate })).request.clientCertificate).toEqual(certificate);
    expect((await asked('GET', '/api')).request).not.toHaveProperty('clientCertificate');
  });

  it('includes whether a built-in kind is namespaced and that the API server serves it, and nothing about other kinds', async () => {
    expect((await asked('GET', '/api/v1/secrets')).kubernetes).toMatchObject({ namespaced: true, aggregated: false });
    expect((await asked('GET', '/api/v1/nodes')).kubernetes).toMatchObject({ namespaced: false, aggregated: false });
    const { kubernetes } = await asked('GET', '/apis/example.com/v1/widgets');
    expect(kubernetes).not.toHaveProperty('namespaced');
    expect(kubernetes).not.toHaveProperty('aggregated');
  });

  it('includes that an apply patch may create', async () => {
    const patch = async (type: string) =>
      (await asked('PATCH', '/api/v1/namespaces/dev/pods/web', { contentTypes: [type] })).kubernetes?.upsert;
    expect(await patch('application/apply-patch+yaml')).toBe(true);
    expect(await patch('application/merge-patch+json')).toBeUndefined();
  });

  it.each([
    ['POST', '', true],
    ['PUT', '/a', true],
    ['PATCH', '/a', true],
    ['DELETE', '/a', false],
    ['DELETE', '', false],
  ])('%s of Secrets%s is never a dry run, because the answer contains them', async (method, tail, hasBody) => {
    expect(
      (await asked(method, `/api/v1/namespaces/dev/secrets${tail}?dryRun=All`, { hasBody })).kubernetes,
    ).not.toHaveProperty('dryRun');
  });

  it('includes that the client asks for an upgrade', async () => {
    expect(
      (await asked('GET', '/api/v1/nodes/n/proxy/portForward/prod/web', { upgrade: true })).kubernetes?.upgrade,
    ).toBe(true);
    expect((await asked('GET', '/api/v1/nodes/n/proxy/pods')).kubernetes).not.toHaveProperty('upgrade');
  });
});

describe('the login of a browser', () => {
  it('opens no cluster as a bearer token, whatever the policy allows, and the event says whose it is', async () => {
    const login = allow();
    const answer = { ...login, session: { ...login.session!, kind: 'browser' as const } };
    const step = createCheck({ client: { check: async () => answer }, clientCertificateOf: () => undefined });
    const exchange = exchangeFor('GET', '/api/v1/namespaces/dev/pods');
    await expect(step(exchange)).rejects.toMatchObject({
      code: 'unauthenticated',
      detail: expect.stringContaining('sallyport login'),
    });
    expect(exchange.answer).toMatchObject({ decision: { effect: 'authenticate' }, identity: login.identity });
    expect(exchange.answer).not.toHaveProperty('impersonation');
  });
});
