import { describe, expect, it } from '@jest/globals';
import type { AuditViewResponse } from '@sallyport/contracts';
import { hashToken } from '@sallyport/kit';
import { identityOf, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const request = { method: 'GET', path: '/', host: 'gate', ip: '10.0.0.9' };

async function setUp(audit: unknown, more: Parameters<typeof startRig>[0] = {}) {
  const rig = await startRig({ config: { ...sampleConfig, api: { policy: { audit } } }, ...more });
  const ask = async (body: unknown, headers: Record<string, string> = { authorization: rig.authorization }) => {
    const response = await fetch(`${rig.url}/v1/audit-view`, { method: 'POST', body: JSON.stringify(body), headers });
    return { status: response.status, body: (await response.json()) as AuditViewResponse };
  };
  const of = async (token: string, cluster?: string) =>
    ask({
      credential: { kind: 'token', hash: hashToken(token) },
      request,
      ...(cluster === undefined ? {} : { cluster }),
    });
  return { ...rig, ask, of };
}

const auditors = { groups: 'auditors' };

describe('which events of the audit trail a caller may see', () => {
  it('is all of them, or none but their own, if no rule depends on the cluster', async () => {
    const rig = await setUp([{ allow: { and: [auditors] } }]);
    const [carol, mallory] = [await rig.logIn(identityOf('carol', ['auditors'])), await rig.logIn(identityOf('m'))];
    expect((await rig.of(carol)).body).toMatchObject({ view: 'all', decision: { rule: 'api/audit[0].allow.and' } });
    expect((await rig.of(carol, 'dev')).body).toMatchObject({ view: 'all' });
    expect((await rig.of(mallory)).body).toEqual({ view: { clusters: [], withoutCluster: false } });
    await rig.close();
  });

  it('is what the policy says about each cluster, and about events without one', async () => {
    const rig = await setUp([
      { allow: { and: [auditors] } },
      { allow: { and: [{ groups: 'dev-auditors' }, { 'k8s/cluster': 'dev' }] } },
      { deny: { and: [{ 'k8s/cluster': ['shut', 'gone'] }] } },
    ]);
    const [carol, dave] = [
      await rig.logIn(identityOf('carol', ['auditors'])),
      await rig.logIn(identityOf('dave', ['dev-auditors'])),
    ];
    expect((await rig.of(carol)).body.view).toEqual({ clusters: ['dev', 'open'], withoutCluster: true });
    const own = await rig.of(dave);
    expect(own.body).toMatchObject({
      view: { clusters: ['dev'], withoutCluster: false },
      decision: { effect: 'allow', rule: 'api/audit[1].allow.and' },
    });
    const none = { clusters: [], withoutCluster: false };
    expect((await rig.of(dave, 'dev')).body.view).toEqual({ clusters: ['dev'], withoutCluster: false });
    for (const other of ['open', 'DEV', 'dev ', '']) expect((await rig.of(dave, other)).body.view).toEqual(none);
    for (const denied of ['shut', 'gone']) expect((await rig.of(carol, denied)).body.view).toEqual(none);
    // A cluster that was removed from the configuration is seen by its name only.
    expect((await rig.of(carol, 'old')).body.view).toEqual({ clusters: ['old'], withoutCluster: false });
    await rig.close();
  });

  it('is refused for unknown and ended sessions, bad questions, and callers that are not services', async () => {
    const rig = await setUp([{ allow: { and: [{ accept: true }] } }]);
    const token = await rig.logIn(identityOf('alice@example.com'));
    await rig.store.revoke('id-alice@example.com', { by: 'test', reason: 'revoked' });
    for (const one of [token, 'spt_never']) expect((await rig.of(one)).status).toBe(401);
    for (const body of [
      null,
      {},
      { credential: { kind: 'none' }, request },
      { credential: { kind: 'token', hash: 'x' } },
    ])
      expect((await rig.ask(body)).status).toBe(400);
    expect((await rig.ask({}, {})).status).toBe(401);
    await rig.close();
  });
});
