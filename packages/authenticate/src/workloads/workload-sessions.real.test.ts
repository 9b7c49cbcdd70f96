import { describe, expect, it } from '@jest/globals';
import supertest from 'supertest';
import { createFakeIssuer } from '../testing/fake-issuer.ts';
import { credential } from '../testing/test-config.ts';
import { createTestService } from '../testing/test-service.ts';
import { actions, ciWorkload } from '../testing/workload-rig.ts';

async function setUp() {
  const clock = { now: Date.now() };
  const issuer = createFakeIssuer(actions, clock);
  const service = await createTestService(
    { workloads: [ciWorkload], sessions: { memory: true, perUser: 1 } },
    { apiFetch: issuer.fetch, clock },
  );
  const post = (body: object, headers: Record<string, string> = { authorization: credential }) =>
    supertest(service.app).post('/v1/workload-sessions').set(headers).send(body);
  return { service, issuer, post };
}

describe('POST /v1/workload-sessions', () => {
  it('begins a session for a service of the gateway, and for no one else', async () => {
    const { service, issuer, post } = await setUp();
    const token = issuer.token();
    for (const authorization of ['', `Bearer ${token}`, 'Sallyport-Service forged'])
      expect((await post({ token }, { authorization })).status).toBe(401);
    expect(await service.sessions.list()).toEqual([]);
    const { status, body } = await post({ token });
    expect([status, body]).toEqual([200, { session: { id: expect.any(String), expiresAt: expect.any(Number) } }]);
    expect(await service.sessions.list()).toMatchObject([{ kind: 'workload', identity: { user: 'ci:example/shop' } }]);
  });

  it('does not count towards the sessions that a user may have', async () => {
    const { service, issuer, post } = await setUp();
    for (let n = 0; n < 3; n += 1) expect((await post({ token: issuer.token() })).status).toBe(200);
    expect(await service.sessions.list()).toHaveLength(3);
  });

  it('answers a refusal without the token, and logs none', async () => {
    const { service, issuer, post } = await setUp();
    const token = issuer.token({ claims: { aud: 'other' } });
    const { status, text } = await post({ token });
    expect([status, text]).toEqual([401, expect.stringContaining('audience')]);
    for (const part of token.split('.')) expect(`${text}${service.lines.join('')}`).not.toContain(part);
  });

  it.each([{}, { token: 7 }, { token: '' }, { token: 'a.b.c', clusters: [{ cluster: 'dev' }] }])(
    'refuses a malformed call: %j',
    async (body) => {
      const { post } = await setUp();
      expect((await post(body)).status).toBe(400);
    },
  );
});
