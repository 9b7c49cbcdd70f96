import { describe, expect, it } from '@jest/globals';
import { actions, createWorkloadRig } from '../testing/workload-rig.ts';

describe('a token that a workload got for its own', () => {
  it('has the identity and the end of that token, and is recorded before it exists', async () => {
    const rig = createWorkloadRig();
    const given = rig.fake.token();
    const { token, session } = await rig.exchange(given);
    expect(token).toMatch(/^spt_[A-Za-z0-9_-]{43}$/);
    const [parent, own] = [await rig.lookUp(given), await rig.lookUp(token)];
    expect(own).toMatchObject({
      state: 'live',
      session: {
        id: session.id,
        kind: 'workload',
        expiresAt: rig.clock.now + 600_000,
        identity: { user: 'ci:example/shop', groups: ['deployers'], issuer: `workload/ci@${actions}` },
        parent: { id: parent.state === 'live' && parent.session.id },
      },
    });
    expect(rig.audit.records.map(({ type, data }) => [type, data.sallyport.detail])).toEqual([
      ['workload.session.started', undefined],
      ['workload.session.started', expect.stringContaining(session.parent!.id)],
    ]);
    expect(rig.audit.records[1]!.data.sallyport).toMatchObject({ sessionId: session.id, workload: { name: 'ci' } });
    for (const part of [token, given.split('.')[2]!]) expect(JSON.stringify(rig.audit.records)).not.toContain(part);
  });

  it('ends with the session of that token, however it ends, and does not come back', async () => {
    const rig = createWorkloadRig();
    const given = rig.fake.token();
    const { id } = await rig.open(given);
    const { token } = await rig.exchange(given);
    await rig.sessions.revoke(id, { by: 'admin', reason: 'revoked' });
    expect(await rig.lookUp(token)).toMatchObject({ state: 'revoked', tombstone: { reason: 'parent-ended' } });
    await expect(rig.exchange(given)).rejects.toMatchObject({ code: 'unauthenticated' });
    const other = await rig.exchange(rig.fake.token());
    rig.clock.now += 600_000;
    expect(await rig.lookUp(other.token)).toEqual({ state: 'unknown' });
  });

  it('is given for a token that is verified each time, and no more than twenty times', async () => {
    const rig = createWorkloadRig();
    const given = rig.fake.token();
    const tokens = new Set<string>();
    for (let n = 0; n < 20; n += 1) tokens.add((await rig.exchange(given)).token);
    expect([tokens.size, await rig.verifications()]).toEqual([20, 21]);
    await expect(rig.exchange(given)).rejects.toMatchObject({ code: 'too-many-requests' });
    expect(await rig.exchange(rig.fake.token())).toMatchObject({ session: { kind: 'workload' } });
  });

  it.each([{ aud: 'other' }, { ref: 'refs/heads/x' }, { iss: 'https://evil.example' }, { exp: 1 }])(
    'is not given for a token that is refused, also not once its session has begun: %j',
    async (claims) => {
      const rig = createWorkloadRig();
      await expect(rig.exchange(rig.fake.token({ claims }))).rejects.toMatchObject({ code: 'unauthenticated' });
      const { token } = await rig.exchange(rig.fake.token());
      await expect(rig.exchange(token)).rejects.toMatchObject({ code: 'unauthenticated' });
      expect(await rig.sessions.list()).toHaveLength(2);
    },
  );

  it('is not given while it cannot be recorded', async () => {
    const rig = createWorkloadRig();
    const given = rig.fake.token();
    await rig.open(given);
    rig.audit.away = true;
    await expect(rig.exchange(given)).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(await rig.sessions.list()).toHaveLength(1);
  });
});
