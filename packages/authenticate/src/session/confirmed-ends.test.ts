import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { createMemorySessionStore } from '@sallyport/stores';
import { callerHeader } from '../testing/caller-header.ts';
import { createScimClient, scimSource, withSources, type ScimTestClient } from '../testing/scim-client.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
let scim: ScimTestClient;
/** The ID of Alice at her SCIM client. */
let alice: string;
let replicasAnswer: boolean;
beforeEach(async () => {
  replicasAnswer = true;
  const confirm = async () => {
    if (!replicasAnswer) throw new ProblemError('sessions-unavailable', 'Repeat it to be sure.');
  };
  const sessions = { ...createMemorySessionStore({ now: Date.now }), confirm };
  service = await createTestService(withSources([scimSource()], { groupSources: ['scim', 'claims'] }), { sessions });
  scim = createScimClient(service);
  ({ id: alice } = await scim.user('alice@example.com'));
});

/** Sends a request that ends a session, and returns the status of its answer. */
type End = (session: Session) => Promise<number>;
const asCaller = ({ id, kind }: Session) => callerHeader({ id, kind });
const revoke =
  (path: (session: Session) => string, privileged = false): End =>
  async (session) => {
    const headers = { accept: 'application/json', ...callerHeader({ id: session.id, privileged }) };
    return (await service.browser.send('delete', `/v1/sessions${path(session)}`, headers)).status;
  };
const logOutProgram: End = async (session) =>
  (await service.browser.post('/.sallyport/logout', { accept: 'application/json', ...asCaller(session) })).status;
const logOutAtProvider: End = async ({ sid }) =>
  (
    await service.browser.post(
      '/.sallyport/backchannel-logout/corp',
      { 'content-type': 'application/x-www-form-urlencoded', accept: '*/*' },
      new URLSearchParams({ logout_token: await service.provider.logoutToken({ sid }) }).toString(),
    )
  ).status;
const deactivate: End = async () =>
  (await scim.patch(`/Users/${alice}`, { op: 'replace', path: 'active', value: false })).status;
const remove: End = async () => (await scim.send('delete', `/Users/${alice}`)).status;

const ways: [string, End, { refused: number; repeated: number; event: string }][] = [
  ['a session that is revoked', revoke(({ id }) => `/${id}`), { refused: 503, repeated: 404, event: 'revoked' }],
  [
    'the sessions of a user',
    revoke(() => '?user=alice@example.com', true),
    { refused: 503, repeated: 200, event: 'revoked' },
  ],
  ['a logout of a program', logOutProgram, { refused: 503, repeated: 204, event: 'revoked' }],
  ['a logout at the provider', logOutAtProvider, { refused: 400, repeated: 200, event: 'ended' }],
  ['a deactivation by SCIM', deactivate, { refused: 503, repeated: 200, event: 'ended' }],
  ['a removal by SCIM', remove, { refused: 503, repeated: 404, event: 'ended' }],
];

describe('while replicas of the session store do not answer,', () => {
  it.each(ways)('%s takes effect and is recorded, and is not acknowledged', async (_way, end, expected) => {
    await exchange(service, { code: await cliCode(service) });
    const [session] = await service.sessions.list();
    replicasAnswer = false;
    expect(await end(session!)).toBe(expected.refused);
    expect(await service.sessions.read(session!.id)).toMatchObject({ state: 'revoked' });
    expect(await end(session!)).toBe(expected.refused);
    replicasAnswer = true;
    expect(await end(session!)).toBe(expected.repeated);
    expect(service.events(`session.${expected.event}`)).toHaveLength(1);
  });

  it('a logout of a browser keeps its cookie until the logout is confirmed', async () => {
    const browser = createBrowser(service.app);
    await throughProvider(service, '/.sallyport/login', undefined, browser);
    const [session] = await service.sessions.list();
    replicasAnswer = false;
    const answer = await browser.post('/.sallyport/logout', { ...asCaller(session!), origin: gateway });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([503, undefined]);
    // The session has ended, so the gateway names no caller.
    expect((await browser.post('/.sallyport/logout', { origin: gateway })).status).toBe(503);
    replicasAnswer = true;
    const repeated = await browser.post('/.sallyport/logout', { origin: gateway });
    expect([repeated.status, String(repeated.headers['set-cookie'])]).toEqual([
      200,
      expect.stringMatching(/^__Host-sallyport=;/),
    ]);
  });
});
