import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { actions, ciWorkload, createWorkloadRig } from '../testing/workload-rig.ts';

const refusal = (why: string) =>
  expect.objectContaining({ code: 'unauthenticated', detail: expect.stringContaining(why) as unknown });
const seconds = (clock: { now: number }) => Math.floor(clock.now / 1000);
const swap = (token: string, from: number, to: (signature: Buffer) => Buffer) => {
  const parts = token.split('.');
  parts[from] = to(Buffer.from(parts[from]!, 'base64url')).toString('base64url');
  return parts.join('.');
};

describe('the token of a CI job', () => {
  it('begins a session with its own identity, until the token ends, after it was recorded', async () => {
    const rig = createWorkloadRig();
    const token = rig.fake.token();
    const session = await rig.open(token);
    expect(session).toMatchObject({
      kind: 'workload',
      expiresAt: rig.clock.now + 600_000,
      identity: {
        provider: 'workload/ci',
        issuer: `workload/ci@${actions}`,
        subject: 'repo:example/shop:ref:refs/heads/main',
        user: 'ci:example/shop',
        groups: ['deployers'],
        claims: { repository: 'example/shop' },
      },
    });
    expect(await rig.lookUp(token)).toMatchObject({ state: 'live', session: { id: session.id } });
    const [event] = rig.audit.records;
    expect(event).toMatchObject({
      type: 'workload.session.started',
      data: {
        user: { username: 'ci:example/shop' },
        sallyport: {
          sessionId: session.id,
          credentialKind: 'workload',
          workload: {
            name: 'ci',
            issuer: actions,
            subject: 'repo:example/shop:ref:refs/heads/main',
            audience: 'sallyport',
            jti: expect.any(String) as unknown,
            claims: { repository: 'example/shop', ref: 'refs/heads/main' },
          },
        },
      },
    });
    for (const part of [token, token.split('.')[2]!])
      expect(JSON.stringify([rig.audit.records, rig.lines, session])).not.toContain(part);
  });

  it('is verified once, however often and at once it is presented', async () => {
    const rig = createWorkloadRig();
    const token = rig.fake.token();
    const opened = await Promise.all(Array.from({ length: 50 }, () => rig.open(token)));
    for (let n = 0; n < 20; n += 1) opened.push(await rig.open(token));
    expect(new Set(opened.map(({ id }) => id)).size).toBe(1);
    expect([await rig.verifications(), rig.fetches(), rig.audit.records.length]).toEqual([1, 1, 1]);
  });

  it('ends after maxLifetime, counted from its issue, and is not accepted again', async () => {
    const rig = createWorkloadRig([{ ...ciWorkload, maxLifetime: '5m' }]);
    const token = rig.fake.token({ claims: { exp: seconds(rig.clock) + 86_400 } });
    expect((await rig.open(token)).expiresAt).toBe(rig.clock.now + 300_000);
    rig.clock.now += 300_000;
    expect(await rig.lookUp(token)).toEqual({ state: 'unknown' });
    await expect(rig.open(token)).rejects.toEqual(refusal('too long ago'));
  });

  it('begins nothing that cannot be recorded', async () => {
    const rig = createWorkloadRig();
    const token = rig.fake.token();
    rig.audit.full = true;
    await expect(rig.open(token)).rejects.toMatchObject({ code: 'audit-unavailable' });
    rig.audit.full = false;
    rig.audit.away = true;
    await expect(rig.open(token)).rejects.toMatchObject({ code: 'audit-unavailable' });
    expect(await rig.lookUp(token)).toEqual({ state: 'unknown' });
    rig.audit.comeBack();
    expect(rig.audit.records.map(({ type }) => type)).toEqual(['workload.session.started', 'session.ended']);
    expect(await rig.open(token)).toMatchObject({ kind: 'workload' });
  });
});

describe('a revoked session of a workload', () => {
  it('does not begin again with its token, also after the keys of the issuer were fetched again', async () => {
    const rig = createWorkloadRig();
    const token = rig.fake.token();
    const { id } = await rig.open(token);
    await rig.sessions.revoke(id, { by: 'admin', reason: 'revoked' });
    await expect(rig.open(token)).rejects.toEqual(refusal('revoked'));
    rig.clock.now += 599_000;
    await expect(rig.open(token)).rejects.toEqual(refusal('revoked'));
    rig.clock.now += 1000;
    await expect(rig.open(token)).rejects.toEqual(refusal('expired'));
    expect(await rig.verifications()).toBe(2);
  });

  it('does not begin again with another signature or encoding of the same token', async () => {
    const rig = createWorkloadRig();
    const key = rig.fake.addKey('ec', 'ES256');
    const token = rig.fake.token({ key });
    const { id } = await rig.open(token);
    await rig.sessions.revoke(id, { by: 'admin', reason: 'revoked' });
    // The order of P-256: (r, n - s) verifies like (r, s).
    const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
    const malleable = swap(token, 2, (signature) => {
      const s = order - BigInt(`0x${signature.subarray(32).toString('hex')}`);
      return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
    });
    expect(malleable).not.toBe(token);
    await expect(rig.open(malleable)).rejects.toEqual(refusal('another signature'));
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = last[last.indexOf(token.at(-1)!) ^ 1]!;
    expect(Buffer.from(token.split('.')[2]!.slice(0, -1) + other, 'base64url')).toEqual(
      Buffer.from(token.split('.')[2]!, 'base64url'),
    );
    await expect(rig.open(token.slice(0, -1) + other)).rejects.toEqual(refusal('not a JWT'));
  });
});

describe('a token is refused', () => {
  it.each<[string, object, string]>([
    ['for another audience', { aud: 'https://github.com/example' }, 'audience'],
    ['for an audience with another case', { aud: 'Sallyport' }, 'audience'],
    ['for several audiences', { aud: ['sallyport', 'https://kubernetes.default.svc'] }, 'audience'],
    ['without an audience', { aud: undefined }, 'audience'],
    ['of another repository', { repository: 'example/other' }, 'claims match no workload'],
    ['of a repository whose name begins the same', { repository: 'example/shop-2' }, 'claims match no workload'],
    ['of another branch', { ref: 'refs/heads/feature' }, 'claims match no workload'],
    ['of a claim that is a list', { repository: ['example/shop'] }, 'claims match no workload'],
    ['without a claim that must match', { ref: undefined }, 'claims match no workload'],
    ['of another issuer', { iss: 'https://token.actions.evil.example' }, 'issuer'],
    ['of the issuer with a slash', { iss: `${actions}/` }, 'issuer'],
    ['of the issuer in another case', { iss: actions.toUpperCase() }, 'issuer'],
    ['of the issuer with a port', { iss: `${actions}:443` }, 'issuer'],
    ['of a list of issuers', { iss: [actions] }, 'issuer'],
    ['without a subject', { sub: undefined }, 'subject'],
    ['without an end', { exp: undefined }, 'no end'],
    ['with an end that is text', { exp: '99999999999' }, 'no end'],
    ['with an end beyond all dates', { exp: 1e300 }, 'no end'],
    ['without the time of its issue', { iat: undefined }, 'when it was issued'],
  ])('refuses a token %s', async (_what, claims, why) => {
    const rig = createWorkloadRig();
    await expect(rig.open(rig.fake.token({ claims }))).rejects.toEqual(refusal(why));
    expect(rig.audit.records).toEqual([]);
  });

  it('after its end, before its beginning, and if it was issued in the future', async () => {
    const rig = createWorkloadRig();
    const at = seconds(rig.clock);
    const open = (claims: object) => rig.open(rig.fake.token({ claims }));
    await expect(open({ exp: at })).rejects.toEqual(refusal('expired'));
    await expect(open({ nbf: at + 31 })).rejects.toEqual(refusal('not valid yet'));
    await expect(open({ iat: at + 31 })).rejects.toEqual(refusal('in the future'));
    expect(await open({ nbf: at + 29, iat: at + 29 })).toMatchObject({ kind: 'workload' });
  });

  it.each<[string, object, string]>([
    ['no algorithm', { alg: 'none' }, 'algorithm'],
    ['a symmetric algorithm', { alg: 'HS256' }, 'algorithm'],
    ['an algorithm in another case', { alg: 'rs256' }, 'algorithm'],
    ['another algorithm than its key', { alg: 'PS256' }, 'signature'],
    ['the type of an access token', { typ: 'at+jwt' }, 'another type'],
    ['the type of a logout token', { typ: 'logout+jwt' }, 'another type'],
    ['no key', { kid: undefined }, 'kid'],
    ['an unknown key', { kid: 'key-2' }, 'kid'],
    ['a key that is a path', { kid: '../../../../dev/null' }, 'kid'],
    ['a key that is an address', { kid: 'https://evil.example/key' }, 'kid'],
    ['a key named like a member of objects', { kid: '__proto__' }, 'kid'],
    ['an extension', { crit: ['exp'], exp: 1 }, 'crit'],
  ])('whose header has %s', async (_what, header, why) => {
    const rig = createWorkloadRig();
    await expect(rig.open(rig.fake.token({ header }))).rejects.toEqual(refusal(why));
  });

  it('that is signed by another: with the public key as a secret, with a key of its own, or not at all', async () => {
    const rig = createWorkloadRig();
    const stranger = createWorkloadRig([ciWorkload], 'https://stranger.example.com').fake;
    const pem = rig.fake.keys[0]!.publicKey.export({ type: 'spki', format: 'pem' });
    const hmac = (signed: string) => createHmac('sha256', pem).update(signed).digest('base64url');
    const own = {
      jwk: stranger.jwkOf(stranger.keys[0]!),
      jku: 'https://evil.example/jwks',
      x5u: 'https://evil.example',
    };
    for (const [token, why] of [
      [rig.fake.forged({ alg: 'HS256', kid: 'key-1' }, hmac), 'algorithm'],
      [rig.fake.forged({ alg: 'RS256', kid: 'key-1' }, hmac), 'signature'],
      [rig.fake.token({ key: stranger.keys[0]! }), 'signature'],
      [rig.fake.token({ key: stranger.keys[0]!, header: own }), 'signature'],
      [rig.fake.forged({ alg: 'none', kid: 'key-1' }, () => ''), 'not a JWT'],
    ] as const)
      await expect(rig.open(token)).rejects.toEqual(refusal(why));
    expect(rig.fake.seen.filter((url) => url.includes('evil'))).toEqual([]);
  });

  it('with claims that were changed after it was signed', async () => {
    const rig = createWorkloadRig();
    const token = swap(rig.fake.token({ claims: { ref: 'refs/heads/x' } }), 1, (payload) =>
      Buffer.from(payload.toString().replace('refs/heads/x', 'refs/heads/main')),
    );
    await expect(rig.open(token)).rejects.toEqual(refusal('signature'));
  });

  it.each(['a.b', 'a.b.c.d', 'e30.e30.AA', ' ', 'e30.bnVsbA.AA', `e30.${'A'.repeat(9000)}.AA`, 'spt_x'])(
    'that is no JWT: %s',
    async (token) => {
      const rig = createWorkloadRig();
      await expect(rig.open(token)).rejects.toMatchObject({ code: 'unauthenticated' });
      expect(await rig.verifications()).toBe(0);
    },
  );
});

describe('the algorithms', () => {
  it.each(['RS256', 'PS256', 'ES256', 'EdDSA'])('%s is accepted', async (alg) => {
    const rig = createWorkloadRig();
    expect(await rig.open(rig.fake.token({ key: rig.fake.addKey('other', alg) }))).toMatchObject({ kind: 'workload' });
  });
});
