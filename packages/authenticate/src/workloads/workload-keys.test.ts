import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { actions, ciWorkload, createWorkloadRig } from '../testing/workload-rig.ts';

const refusal = (why: string) =>
  expect.objectContaining({ code: 'unauthenticated', detail: expect.stringContaining(why) as unknown });
const unavailable = expect.objectContaining({ code: 'identity-provider-unavailable' });
const minute = 60_000;

describe('the keys of an issuer', () => {
  it('are not fetched for invented issuers', async () => {
    const rig = createWorkloadRig();
    for (let n = 0; n < 100; n += 1)
      await expect(rig.open(rig.fake.token({ claims: { iss: `https://issuer-${n}.example` } }))).rejects.toEqual(
        refusal('issuer'),
      );
    expect(rig.fake.seen).toEqual([]);
    expect(await rig.verifications()).toBe(0);
  });

  it('are fetched at most once in 10 s for invented keys, none of which is verified', async () => {
    const rig = createWorkloadRig();
    await rig.open(rig.fake.token());
    for (let n = 0; n < 200; n += 1) {
      rig.clock.now += 100;
      await expect(rig.open(rig.fake.token({ header: { kid: `invented-${n}` } }))).rejects.toEqual(refusal('kid'));
    }
    expect(rig.fetches()).toBeLessThanOrEqual(3);
    expect(await rig.verifications()).toBe(1);
  });

  it('follow a rotation: a new key is fetched, and a removed key is not used for more than 10 minutes', async () => {
    const rig = createWorkloadRig();
    const [old] = rig.fake.keys;
    await rig.open(rig.fake.token());
    rig.clock.now += minute;
    const next = rig.fake.addKey('key-2');
    expect(await rig.open(rig.fake.token({ key: next }))).toMatchObject({ kind: 'workload' });
    rig.fake.keys.shift();
    rig.clock.now += 11 * minute;
    await expect(rig.open(rig.fake.token({ key: old! }))).rejects.toEqual(refusal('kid'));
    expect(await rig.open(rig.fake.token({ key: next }))).toMatchObject({ kind: 'workload' });
  });

  it('are used for an hour if they cannot be fetched; an unknown key is then neither accepted nor called wrong', async () => {
    const rig = createWorkloadRig();
    await rig.open(rig.fake.token());
    rig.fake.state.down = true;
    rig.clock.now += 59 * minute;
    expect(await rig.open(rig.fake.token())).toMatchObject({ kind: 'workload' });
    await expect(rig.open(rig.fake.token({ header: { kid: 'key-2' } }))).rejects.toEqual(unavailable);
    rig.clock.now += minute;
    await expect(rig.open(rig.fake.token())).rejects.toEqual(unavailable);
    rig.fake.state.down = false;
    rig.clock.now += minute;
    expect(await rig.open(rig.fake.token())).toMatchObject({ kind: 'workload' });
  });

  it.each<[string, object]>([
    ['of another issuer', { issuer: 'https://evil.example', jwks_uri: `${actions}/.well-known/jwks` }],
    ['of the issuer with a slash', { issuer: `${actions}/`, jwks_uri: `${actions}/.well-known/jwks` }],
    ['with keys on an internal host', { issuer: actions, jwks_uri: 'https://169.254.169.254/latest' }],
    ['with keys in clear text', { issuer: actions, jwks_uri: 'http://token.actions.example.com/keys' }],
    ['without keys', { issuer: actions }],
  ])('are not taken from metadata %s', async (_what, metadata) => {
    const rig = createWorkloadRig();
    rig.fake.state.metadata = metadata;
    await expect(rig.open(rig.fake.token())).rejects.toEqual(unavailable);
    expect(rig.fake.seen).toEqual([`${actions}/.well-known/openid-configuration`]);
  });

  it('are not used if they are symmetric, private, for encryption, or too short, or if two have the same ID', async () => {
    const rig = createWorkloadRig();
    const { fake } = rig;
    const good = fake.addKey('good', 'ES256');
    const short = { ...generateKeyPairSync('rsa', { modulusLength: 1024 }), kid: 'short', alg: 'RS256' };
    const privateJwk = good.privateKey.export({ format: 'jwk' });
    const twin = fake.addKey('twin', 'ES256');
    const keys = [
      fake.jwkOf(good),
      { ...fake.jwkOf(good), kid: 'enc', use: 'enc' },
      { ...privateJwk, kid: 'private' },
      { kty: 'oct', k: 'c2VjcmV0', kid: 'oct' },
      fake.jwkOf(short),
      fake.jwkOf(twin),
      { ...fake.jwkOf(good), kid: 'twin' },
      { ...fake.jwkOf(good), kid: undefined },
    ];
    fake.fetch = async (url) =>
      Response.json(url.endsWith('/jwks') ? { keys } : { issuer: actions, jwks_uri: `${actions}/jwks` });
    const open = (key: typeof good) => rig.open(fake.token({ key }));
    for (const kid of ['enc', 'private', 'oct']) await expect(open({ ...good, kid })).rejects.toEqual(refusal('kid'));
    await expect(open(twin)).rejects.toEqual(refusal('kid'));
    await expect(open(short)).rejects.toEqual(refusal('signature'));
    expect(await open(good)).toMatchObject({ kind: 'workload' });
  });
});

describe('the ServiceAccount token of a cluster', () => {
  const issuer = 'https://kubernetes.default.svc.cluster.local';
  const ofCluster = (cluster: string) => ({
    name: `pods-${cluster}`,
    serviceAccounts: { cluster },
    audience: 'sallyport',
    match: { 'kubernetes.io/namespace': 'ci' },
    user: `pods:${cluster}:{{kubernetes.io/namespace}}:{{kubernetes.io/serviceaccount/name}}`,
  });
  const pod = {
    sub: 'system:serviceaccount:ci:deployer',
    'kubernetes.io': { namespace: 'ci', serviceaccount: { name: 'deployer' } },
  };
  const rigOf = () => {
    const rig = createWorkloadRig([ofCluster('dev'), ofCluster('prod')], issuer);
    const [devKey, prodKey] = [rig.fake.keys[0]!, rig.fake.addKey('prod-key')];
    const given = (cluster: string, key: typeof devKey) => ({ cluster, issuer, keys: [{ ...rig.fake.jwkOf(key) }] });
    return { rig, devKey, prodKey, clusters: [given('dev', devKey), given('prod', prodKey)] };
  };

  it('is that of the cluster whose key signed it, even if two clusters have the same issuer', async () => {
    const { rig, prodKey, clusters } = rigOf();
    const [dev, prod] = [rig.fake.token({ claims: pod }), rig.fake.token({ claims: pod, key: prodKey })];
    expect((await rig.open(dev, clusters)).identity).toMatchObject({
      user: 'pods:dev:ci:deployer',
      issuer: 'workload/pods-dev@cluster/dev',
    });
    expect((await rig.open(prod, clusters)).identity).toMatchObject({
      user: 'pods:prod:ci:deployer',
      issuer: 'workload/pods-prod@cluster/prod',
    });
    expect(rig.fake.seen).toEqual([]);
  });

  it('is not accepted with the keys of another cluster, or without keys', async () => {
    const { rig, prodKey, clusters } = rigOf();
    const prod = rig.fake.token({ claims: pod, key: prodKey });
    await expect(rig.open(prod, [clusters[0]!])).rejects.toEqual(refusal('kid'));
    await expect(rig.open(prod, [])).rejects.toEqual(refusal('issuer'));
    await expect(
      rig.open(rig.fake.token({ claims: pod, key: prodKey, header: { kid: 'key-1' } }), clusters),
    ).rejects.toEqual(refusal('signature'));
    const strange = [{ ...clusters[0]!, cluster: 'other' }];
    await expect(rig.open(rig.fake.token({ claims: pod }), strange)).rejects.toEqual(refusal('issuer'));
  });
});

describe('a JWT-SVID', () => {
  const spiffe = {
    name: 'mesh',
    spiffe: { trustDomain: 'prod.example.org' },
    jwksUri: `${actions}/.well-known/jwks`,
    audience: 'sallyport',
    match: { sub: 'spiffe://prod.example.org/ns/*/sa/deployer' },
    user: 'mesh:{{sub}}',
  };
  const svid = { iss: undefined, sub: 'spiffe://prod.example.org/ns/shop/sa/deployer' };

  it('is recognized by its trust domain and needs no issuer', async () => {
    const rig = createWorkloadRig([spiffe]);
    const token = rig.fake.token({ claims: svid, header: { typ: 'JOSE' } });
    expect((await rig.open(token)).identity.user).toBe('mesh:spiffe://prod.example.org/ns/shop/sa/deployer');
  });

  it.each([
    'spiffe://evil.example.org/ns/shop/sa/deployer',
    'spiffe://prod.example.org.evil.example/ns/shop/sa/deployer',
    'spiffe://prod.example.org/ns/shop/more/sa/deployer',
    'spiffe://prod.example.org/ns/shop/sa/deployer/x',
  ])('of %s is refused', async (sub) => {
    const rig = createWorkloadRig([spiffe]);
    await expect(rig.open(rig.fake.token({ claims: { ...svid, sub } }))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
  });
});

describe('a user name from claims', () => {
  const open = async (user: string, claims: object) => {
    const rig = createWorkloadRig([{ ...ciWorkload, user }]);
    return (await rig.open(rig.fake.token({ claims }))).identity.user;
  };

  it('is filled in from claims, nested ones too', async () => {
    expect(await open('ci:{{ repository }}@{{a.b/c}}:{{x~1y/z}}', { 'a.b': { c: '1' }, 'x/y': { z: '2' } })).toBe(
      'ci:example/shop@1:2',
    );
  });

  it.each<[string, object]>([
    ['is missing', {}],
    ['is empty', { actor: '' }],
    ['is a number', { actor: 7 }],
    ['is a list', { actor: ['a'] }],
    ['is too long', { actor: 'a'.repeat(513) }],
    ['has a line break', { actor: 'a\nImpersonate-Group: system:masters' }],
    ['has a NUL', { actor: 'a\0' }],
    ['turns the text around', { actor: 'a\u202egpj.b' }],
    ['has a character without width', { actor: 'ad\u200bmin' }],
    ['ends with a space', { actor: 'a ' }],
    ['has a blank that is no space', { actor: 'a\u2800' }],
    ['has a space that looks like the usual one', { actor: 'a\u00a0b' }],
    ['is no Unicode', { actor: '\ud800' }],
    ['is inherited', { actor: undefined, __proto__: { actor: 'a' } }],
  ])('is not made of a claim that %s', async (_what, claims) => {
    await expect(open('ci:{{actor}}', claims)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is that of one job only, where a colon is between two claims', async () => {
    const team = (user: string, a: string, b: string) => open(user, { team: a, env: b });
    expect(await team('ci:{{team}}:{{env}}', 'a', 'b:c')).toBe('ci:a:b:c');
    for (const user of ['ci:{{team}}:{{env}}', 'ci:{{team}}/env:{{env}}'])
      await expect(team(user, 'a:b', 'c')).rejects.toMatchObject({
        detail: expect.stringContaining(
          'its claim team, which is in the user name before another one, contains a colon',
        ),
      });
    expect(await team('ci:{{team}}:x', 'a:b', 'c')).toBe('ci:a:b:x');
  });

  it('is not made of inherited members', async () => {
    await expect(open('ci:{{constructor/name}}', {})).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});
