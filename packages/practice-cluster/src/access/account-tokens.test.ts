import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { ask, cluster, dev, start, useCluster } from '../testing/practice-cluster-fixture.ts';

let now: number;
useCluster();
beforeEach(async () => {
  await cluster.close();
  now = Date.now();
  await start({ clock: () => now });
});

const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'robot' } };
const create = () => ask('POST', `${dev}/serviceaccounts`, { body: account });
const requestToken = (spec: Record<string, unknown> = {}) =>
  ask('POST', `${dev}/serviceaccounts/robot/token`, {
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec },
  });
const tokenOf = ({ body }: Awaited<ReturnType<typeof ask>>) => (body.status as { token: string }).token;
const whoami = (token: string) =>
  ask('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
    token,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
  });

describe('a token of a service account', () => {
  it('identifies the account until it expires', async () => {
    await create();
    const answer = await requestToken({ expirationSeconds: 600 });
    expect([answer.code, answer.body.kind]).toEqual([201, 'TokenRequest']);
    const token = tokenOf(answer);
    expect((await whoami(token)).body).toMatchObject({
      status: {
        userInfo: {
          username: 'system:serviceaccount:dev:robot',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:dev', 'system:authenticated'],
        },
      },
    });
    expect((await ask('GET', `${dev}/pods`, { token })).code).toBe(403);
    now += 601_000;
    expect((await whoami(token)).code).toBe(401);
  });

  it('ends with its account, also if one of the same name is created', async () => {
    await create();
    const token = tokenOf(await requestToken());
    await ask('DELETE', `${dev}/serviceaccounts/robot`);
    expect((await whoami(token)).code).toBe(401);
    await create();
    expect((await whoami(token)).code).toBe(401);
  });

  it('is refused for another audience, changed, or from another cluster', async () => {
    await create();
    expect((await whoami(tokenOf(await requestToken({ audiences: ['vault'] })))).code).toBe(401);
    const token = tokenOf(await requestToken());
    const [head, , signature] = token.split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'system:serviceaccount:kube-system:default' })).toString(
      'base64url',
    );
    expect((await whoami(`${head}.${claims}.${signature}`)).code).toBe(401);
    await cluster.close();
    await start();
    await create();
    expect((await whoami(token)).code).toBe(401);
  });

  it.each([
    ['too short', { expirationSeconds: 60 }],
    ['not a number', { expirationSeconds: 'long' }],
    ['bound to a pod', { boundObjectRef: { kind: 'Pod', name: 'web' } }],
    ['for what is not a list', { audiences: 'vault' }],
  ])('is not issued if it is to be %s', async (_name, spec) => {
    await create();
    expect((await requestToken(spec)).body).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('is issued only for an account that exists, to who may create it', async () => {
    expect((await requestToken()).code).toBe(404);
    await create();
    expect((await ask('POST', `${dev}/serviceaccounts/robot/token`, { token: 'gateway', body: {} })).code).toBe(403);
  });

  it('is written into a Secret that is for it, and ends with it', async () => {
    await create();
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'robot-token', annotations: { 'kubernetes.io/service-account.name': 'robot' } },
      type: 'kubernetes.io/service-account-token',
    };
    await ask('POST', `${dev}/secrets`, { body: secret });
    let token = '';
    while (token === '') {
      const { data } = (await ask('GET', `${dev}/secrets/robot-token`)).body as unknown as {
        data: { token?: string };
      };
      token = atob(data.token ?? '');
      await sleep(5);
    }
    now += 400 * 86_400_000;
    expect((await whoami(token)).code).toBe(201);
    await ask('DELETE', `${dev}/secrets/robot-token`);
    expect((await whoami(token)).code).toBe(401);
  });
});
