import { beforeEach, describe, expect, it } from '@jest/globals';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

const template = 'https://login.example.com/{tid}/v2.0';
const issuerOf = (tid: string) => template.replace('{tid}', tid);
const settings = {
  id: 'corp',
  issuer: 'https://login.example.com/organizations/v2.0',
  issuerTemplate: template,
  clientId: 'sallyport',
  clientSecret: 's3cr3t',
  requireClaims: { tid: ['tenant-a', 'tenant-b'] },
};
const discovery = {
  issuer: 'https://login.example.com/{tenantid}/v2.0',
  authorization_response_iss_parameter_supported: undefined,
};

let service: TestService;
beforeEach(async () => {
  service = await createTestService({ identity: { providers: [settings] } });
});
const logIn = async (tid: string) => {
  service.provider.lies = { discovery, claims: { iss: issuerOf(tid), tid } };
  await throughProvider(service, '/.sallyport/login', ({ iss: _iss, ...query }) => query);
  const session = (await service.sessions.list()).find(({ identity }) => identity.issuer === issuerOf(tid));
  expect(session).toBeDefined();
  return session!;
};
const send = async (claims: Record<string, unknown>) =>
  service.browser.post(
    '/.sallyport/backchannel-logout/corp',
    { 'content-type': 'application/x-www-form-urlencoded', accept: '*/*' },
    new URLSearchParams({ logout_token: await service.provider.logoutToken(claims) }).toString(),
  );
const tenants = async () => (await service.sessions.list()).map(({ identity }) => identity.claims['tid']);

describe('a logout token of a provider with an issuer for each tenant', () => {
  it('ends the sessions of its own tenant, and none of the same subject in another', async () => {
    await logIn('tenant-a');
    await logIn('tenant-b');
    expect((await send({ iss: issuerOf('tenant-a'), tid: 'tenant-a', sub: 'sub-alice' })).status).toBe(200);
    expect(await tenants()).toEqual(['tenant-b']);
    expect((await send({ iss: issuerOf('tenant-b'), sub: 'sub-alice' })).status).toBe(200);
    expect(await tenants()).toEqual([]);
  });

  it.each([
    ['the issuer of a tenant that is not let in', { iss: issuerOf('tenant-x'), tid: 'tenant-x' }],
    ['a tenant that is not the one of its issuer', { iss: issuerOf('tenant-b'), tid: 'tenant-a' }],
    ['several tenants', { iss: issuerOf('tenant-a'), tid: ['tenant-a'] }],
    ['a tenant of null', { iss: issuerOf('tenant-a'), tid: null }],
    ['the template as its issuer', { iss: template, tid: '{tid}' }],
    ["the provider's spelling of the template", { iss: discovery.issuer }],
    ['the address of the provider as its issuer', { iss: settings.issuer }],
    ['an issuer elsewhere', { iss: 'https://evil.example/tenant-a/v2.0', tid: 'tenant-a' }],
    ['a path for a tenant', { iss: issuerOf('x/../tenant-a'), tid: 'tenant-a' }],
  ])('is refused with %s', async (_what, claims) => {
    await logIn('tenant-a');
    const answer = await send({ sub: 'sub-alice', ...claims });
    expect([answer.status, answer.body]).toMatchObject([400, { error: 'invalid_request' }]);
    expect(await tenants()).toEqual(['tenant-a']);
  });
});
