import { describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import supertest from 'supertest';
import { createFakeIssuer } from '../testing/fake-issuer.ts';
import { credential, gateway } from '../testing/test-config.ts';
import { createTestService } from '../testing/test-service.ts';
import { actions, ciWorkload } from '../testing/workload-rig.ts';

const types = 'urn:ietf:params:oauth:token-type:';

async function setUp() {
  const clock = { now: Date.now() };
  const issuer = createFakeIssuer(actions, clock);
  const service = await createTestService({ workloads: [ciWorkload] }, { apiFetch: issuer.fetch, clock });
  const call = (path: string) => supertest(service.app).post(path).set({ authorization: credential });
  const subject = issuer.token();
  const { body } = await call('/v1/workload-sessions').send({ token: subject });
  const exchange = (changes: Record<string, string | string[] | undefined> = {}) =>
    call('/.sallyport/token')
      .type('form')
      .send({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: subject,
        subject_token_type: `${types}jwt`,
        ...changes,
      });
  const lookUp = async (token: string) => (await service.sessions.find([hashToken(token)]))[0]!;
  return {
    service,
    issuer,
    clock,
    subject,
    parent: (body as { session: { id: string; expiresAt: number } }).session,
    exchange,
    lookUp,
  };
}

describe('a token exchange', () => {
  it('gives an opaque token with the same identity, which ends with its subject', async () => {
    const { service, clock, parent, exchange, lookUp } = await setUp();
    const { status, body } = await exchange({ audience: gateway });
    expect([status, body]).toEqual([
      200,
      {
        access_token: expect.stringMatching(/^spt_[\w-]{43}$/),
        issued_token_type: `${types}access_token`,
        token_type: 'Bearer',
        expires_in: expect.any(Number),
      },
    ]);
    const token = (body as { access_token: string }).access_token;
    expect(await lookUp(token)).toMatchObject({
      state: 'live',
      session: { kind: 'workload', expiresAt: parent.expiresAt, identity: { user: 'ci:example/shop' } },
    });
    expect(service.events('workload.session.started')).toHaveLength(2);
    clock.now = parent.expiresAt;
    expect(await lookUp(token)).toMatchObject({ state: 'unknown' });
  });

  it('ends at once when the session of its subject is revoked', async () => {
    const { service, parent, exchange, lookUp } = await setUp();
    const { access_token: token } = (await exchange()).body as { access_token: string };
    await service.sessions.revoke(parent.id, { by: 'admin', reason: 'revoked' });
    expect(await lookUp(token)).toMatchObject({ state: 'revoked' });
    expect((await exchange()).body).toMatchObject({ error: 'invalid_request' });
  });

  it('does not take a token of the gateway, or an unknown one', async () => {
    const { exchange, issuer } = await setUp();
    const { access_token: own } = (await exchange()).body as { access_token: string };
    for (const subject of [own, issuer.token(), `spt_${'a'.repeat(43)}`]) {
      const { status, body } = await exchange({ subject_token: subject });
      expect([status, body]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    }
  });

  it('is limited for each subject', async () => {
    const { exchange } = await setUp();
    for (let n = 0; n < 16; n += 1) expect((await exchange()).status).toBe(200);
    expect(await exchange()).toMatchObject({ status: 429, body: { error: 'temporarily_unavailable' } });
  });

  it.each<[string, Record<string, string | string[] | undefined>, string]>([
    ['no subject', { subject_token: undefined }, 'invalid_request'],
    ['two subjects', { subject_token: ['a.b.c', 'a.b.c'] }, 'invalid_request'],
    ['no type', { subject_token_type: undefined }, 'invalid_request'],
    ['another type', { subject_token_type: `${types}saml2` }, 'invalid_request'],
    ['an actor', { actor_token: 'a.b.c' }, 'invalid_request'],
    ['a refresh token as the result', { requested_token_type: `${types}refresh_token` }, 'invalid_request'],
    ['another audience', { audience: 'https://other.example' }, 'invalid_target'],
    ['another resource', { resource: `${gateway}.evil.example` }, 'invalid_target'],
    ['a scope', { scope: 'admin' }, 'invalid_scope'],
  ])('is refused with %s', async (_what, changes, error) => {
    const { exchange } = await setUp();
    const { status, body } = await exchange(changes);
    expect([status, body]).toEqual([400, { error, error_description: expect.any(String) }]);
  });

  it('leaves other grants as they are', async () => {
    const { exchange } = await setUp();
    expect((await exchange({ grant_type: 'password' })).body).toMatchObject({ error: 'unsupported_grant_type' });
    expect((await exchange({ grant_type: undefined })).body).toMatchObject({ error: 'invalid_request' });
  });
});
