import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { cliCode, exchange, verifier } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const sessionsOf = () => service.sessions.list();

describe('an authorization code', () => {
  const refused = { status: 400, body: { error: 'invalid_grant', error_description: expect.any(String) } };

  it('expires after a minute', async () => {
    const code = await cliCode(service);
    service.clock.now += 60_000;
    expect(await exchange(service, { code })).toMatchObject(refused);
    expect(await sessionsOf()).toEqual([]);
  });

  it.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }],
    ['a verifier that is the challenge (PKCE plain)', { code_verifier: hashToken(verifier) }],
    ['too short a verifier', { code_verifier: 'v' }],
    ['another redirect_uri', { redirect_uri: 'http://127.0.0.1:41234/other' }],
  ])('is refused with %s, and also afterwards', async (_what, changes) => {
    const code = await cliCode(service);
    expect(await exchange(service, { code, ...changes })).toMatchObject(refused);
    expect(await exchange(service, { code })).toMatchObject(refused);
    expect(await sessionsOf()).toEqual([]);
  });

  it('ends its session if it is used again', async () => {
    const code = await cliCode(service);
    const changes: string[] = [];
    service.sessions.onChange(({ sessionId }) => changes.push(sessionId));
    const first = await exchange(service, { code });
    expect(await exchange(service, { code })).toMatchObject(refused);
    const { access_token: token, session } = first.body as { access_token: string; session: { id: string } };
    expect(await service.sessions.find([hashToken(token)])).toMatchObject([{ state: 'revoked' }]);
    expect(changes).toEqual([session.id]);
    expect(service.events('session.revoked')).toMatchObject([
      { data: { sallyport: { sessionId: session.id, detail: 'its one-time code was used again' } } },
    ]);
  });

  it('leaves no live session if it is used many times at once', async () => {
    const code = await cliCode(service);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => exchange(service, { code })));
    expect(outcomes.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1);
    expect(await sessionsOf()).toEqual([]);
  });

  it('is refused if it was never issued', async () => {
    expect(await exchange(service, { code: 'A'.repeat(43) })).toMatchObject(refused);
  });

  it.each([
    [{ grant_type: undefined }, 'invalid_request'],
    [{ grant_type: 'password' }, 'unsupported_grant_type'],
    [{ code: undefined }, 'invalid_request'],
    [{ code: ['a', 'b'] }, 'invalid_request'],
    [{ code_verifier: undefined }, 'invalid_request'],
    [{ redirect_uri: undefined }, 'invalid_request'],
    [{ code: 'x'.repeat(3000) }, 'invalid_request'],
  ])('must be exchanged with a valid token request (case %#)', async (changes, error) => {
    expect(await exchange(service, { code: 'c', ...changes })).toMatchObject({ status: 400, body: { error } });
  });

  it('is never in clear in the store or the log', async () => {
    const puts: string[] = [];
    const { put } = service.singleUse;
    const spied = await createTestService(
      {},
      {
        singleUse: {
          ...service.singleUse,
          put: (kind, key, value, ttl) => (puts.push(JSON.stringify(value)), put(kind, key, value, ttl)),
        },
      },
    );
    const code = await cliCode(spied);
    const { access_token: token } = (await exchange(spied, { code })).body as { access_token: string };
    const everything =
      puts.join() +
      spied.lines.join() +
      JSON.stringify(spied.audit.records) +
      JSON.stringify(await spied.sessions.list());
    for (const secret of [code, token, verifier, 's3cr3t']) expect(everything).not.toContain(secret);
  });
});
