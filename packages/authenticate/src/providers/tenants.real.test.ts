import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session } from '@sallyport/contracts';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { issuer } from '../testing/test-provider.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const one = async (): Promise<Session> => (await service.sessions.list())[0]!;
const corp = (settings: object) => ({ id: 'corp', issuer, clientId: 'sallyport', clientSecret: 's3cr3t', ...settings });
const withSettings = async (settings: object) => {
  service = await createTestService({ identity: { providers: [corp(settings)] } });
};

describe('a provider with one issuer per tenant', () => {
  const tenants = {
    issuer: 'https://login.example.com/organizations/v2.0',
    issuerTemplate: 'https://login.example.com/{tid}/v2.0',
    requireClaims: { tid: ['tenant-a', 'tenant-b'] },
  };
  const of = (tid: string, more: object = {}) => ({
    claims: { iss: `https://login.example.com/${tid}/v2.0`, tid, ...more },
    discovery: {
      issuer: 'https://login.example.com/{tenantid}/v2.0',
      authorization_response_iss_parameter_supported: undefined,
    },
  });
  const withoutIss = ({ iss: _iss, ...query }: Record<string, string>) => query;
  const arrive = () => throughProvider(service, '/.sallyport/login', withoutIss);
  beforeEach(() => withSettings(tenants));

  it('logs in users of the allowed tenants, each with their own issuer', async () => {
    for (const tid of ['tenant-a', 'tenant-b']) {
      service.provider.lies = of(tid);
      expect((await arrive()).status).toBe(302);
    }
    expect((await service.sessions.list()).map(({ identity }) => identity.issuer)).toEqual(
      expect.arrayContaining(['https://login.example.com/tenant-b/v2.0']),
    );
    expect(service.provider.calls.filter((path) => path === '/jwks')).toHaveLength(1);
    // The code is used once, although the response is verified twice.
    expect(service.provider.calls.filter((path) => path === '/token')).toHaveLength(2);
  });

  it.each([
    ['of another tenant', of('tenant-x')],
    ['that name one tenant and come from another', of('tenant-a', { iss: 'https://login.example.com/tenant-b/v2.0' })],
    ['without a tenant', of('tenant-a', { tid: undefined })],
    ['with the template itself as issuer', of('tenant-a', { iss: 'https://login.example.com/{tid}/v2.0' })],
    ["with the provider's spelling of it", of('tenant-a', { iss: 'https://login.example.com/{tenantid}/v2.0' })],
    ['from elsewhere', of('tenant-a', { iss: 'https://evil.example/tenant-a/v2.0' })],
    ['with a tenant that is a path', of('tenant-a', { tid: '../tenant-a' })],
    ['with several tenants', of('tenant-a', { tid: ['tenant-a'] })],
  ])('refuses tokens %s', async (_what, lies) => {
    service.provider.lies = lies;
    expect((await arrive()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('still verifies the signature, the nonce and the time', async () => {
    for (const claims of [{ nonce: 'other' }, { exp: 1 }, { aud: 'other' }]) {
      service.provider.lies = of('tenant-a', claims);
      expect((await arrive()).status).toBe(403);
    }
    service.provider.lies = {
      ...of('tenant-a'),
      sign: async (claims) =>
        `${Buffer.from('{"alg":"RS256","kid":"k1"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.AAAA`,
    };
    expect((await arrive()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('is refreshed as the tenant of the user, with or without a new ID token', async () => {
    service.provider.lies = of('tenant-a');
    await arrive();
    const { id, identity } = await one();
    const refresh = async () => {
      const { sealed } = (await service.tokenStorage.tokens.read(id))!;
      return service.deps.providers[0]!.refresh(
        JSON.parse(service.tokenStorage.sealer.open(sealed, id)!) as { refreshToken: string },
        { issuer: identity.issuer, subject: identity.subject },
      );
    };
    service.provider.lies = { ...of('tenant-a', { groups: ['ops'] }), noRotation: true };
    expect((await refresh()).identity).toMatchObject({
      issuer: 'https://login.example.com/tenant-a/v2.0',
      groups: ['ops'],
    });
    service.provider.lies = { ...of('tenant-b'), noRotation: true };
    await expect(refresh()).rejects.toMatchObject({ ends: 'changed' });
    service.provider.lies = { ...of('tenant-x'), noRotation: true };
    await expect(refresh()).rejects.toMatchObject({ ends: 'changed' });
    service.provider.lies = {
      ...of('tenant-a'),
      noRotation: true,
      noIdTokenAtRefresh: true,
      userinfo: { groups: ['sre'] },
    };
    expect((await refresh()).identity).toMatchObject({
      issuer: 'https://login.example.com/tenant-a/v2.0',
      groups: ['sre'],
    });
  });

  it('requires the tenants to be configured, whatever the URL', async () => {
    await withSettings({ issuer: 'https://login.microsoftonline.com/organizations/v2.0' });
    service.provider.lies = {
      discovery: { issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' },
      claims: { iss: 'https://login.microsoftonline.com/tenant-x/v2.0', tid: 'tenant-x' },
    };
    expect((await arrive()).status).toBe(403);
    expect(await service.sessions.list()).toEqual([]);
  });
});
