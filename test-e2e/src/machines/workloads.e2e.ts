import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  createNamespace,
  describeWith,
  realClusterAccess,
  runDirectory,
  startGateway,
  theBed,
  type Gateway,
  type TestNamespace,
} from '../harness/index.ts';
import { startCiIssuer, type CiIssuer } from './ci-issuer.ts';
import { kubectlWithToken, whoAmI } from './kubectl-with-token.ts';
import { serviceAccountToken } from './service-account-token.ts';

describeWith(['cluster', 'redis', 'kafka', 'postgres', 'kubectl'], 'machines without a stored secret', () => {
  let directory: string;
  let issuer: CiIssuer;
  let gateway: Gateway | undefined;
  let namespace: TestNamespace;

  beforeAll(async () => {
    directory = mkdtempSync(path.join(runDirectory(), 'workloads-'));
    [issuer, namespace] = await Promise.all([startCiIssuer(directory), createNamespace()]);
    gateway = await startGateway({
      mode: 'processes',
      clusters: [await realClusterAccess()],
      apiPolicy: { sessions: [{ allow: { or: [{ groups: 'sre' }] } }] },
      more: {
        workloads: [
          {
            name: 'ci',
            issuer: issuer.issuer,
            caFile: issuer.caFile,
            audience: 'sallyport',
            match: { repository: 'example/shop', ref: 'refs/heads/main' },
            user: 'ci:{{repository}}',
            groups: ['developers'],
          },
          {
            name: 'pods',
            serviceAccounts: { cluster: 'dev' },
            audience: 'sallyport',
            match: { 'kubernetes.io/namespace': namespace.name },
            user: 'pods:{{kubernetes.io/namespace}}:{{kubernetes.io/serviceaccount/name}}',
            groups: ['developers'],
          },
        ],
      },
    });
  });
  afterAll(async () => {
    await gateway?.stop();
    issuer?.stop();
    await namespace?.remove();
    rmSync(directory, { recursive: true, force: true });
  });

  const kubectl = (token: string, ...args: string[]) =>
    kubectlWithToken(directory, { gateway: gateway!, namespace: namespace.name }, token, args);
  const accountToken = (...audiences: string[]) => serviceAccountToken(theBed().cluster!, namespace.name, ...audiences);

  it('a CI job uses kubectl with its token, which is verified once', async () => {
    const token = issuer.token();
    for (let n = 0; n < 3; n += 1) {
      const { code, stderr } = await kubectl(token, 'get', 'pods');
      expect([code, stderr]).toEqual([0, expect.stringContaining('No resources found')]);
    }
    expect((await kubectl(token, ...whoAmI)).stdout).toBe('ci:example/shop');
    expect(issuer.asked.filter((url) => url.endsWith('/jwks'))).toHaveLength(1);
    const started = await gateway!.audit.await({ type: 'workload.session.started' });
    expect(started).toHaveLength(1);
    expect(started[0]!.data.sallyport.workload).toMatchObject({
      name: 'ci',
      issuer: issuer.issuer,
      audience: 'sallyport',
    });
    const { sessionId } = started[0]!.data.sallyport;
    const requests = await gateway!.audit.await(
      ({ type, data }) => type === 'k8s.request' && data.sallyport.sessionId === sessionId,
      8,
    );
    for (const { data } of requests) expect(data.sallyport.workload).toEqual({ name: 'ci' });
    expect(JSON.stringify(gateway!.events())).not.toContain(token.split('.')[2]!);
  });

  it('a ServiceAccount uses kubectl with the token of its cluster, but not with that of the API server', async () => {
    const token = await accountToken('sallyport');
    const { code, stdout } = await kubectl(token, ...whoAmI);
    expect([code, stdout]).toEqual([0, `pods:${namespace.name}:default`]);
    for (const other of [await accountToken(), await accountToken('sallyport', 'https://other.example')])
      expect(await kubectl(other, 'get', 'pods')).toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/audience|logged in/),
      });
  });

  it('a CI job exchanges its token for one of the gateway, with which kubectl works until the session is revoked', async () => {
    const exchange = (subject: string) =>
      gateway!.request('/.sallyport/token', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: subject,
          subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        }).toString(),
      });
    const { status, json } = await exchange(issuer.token());
    const { access_token: token, ...answer } = json() as { access_token: string };
    expect([status, answer]).toEqual([
      200,
      {
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        token_type: 'Bearer',
        expires_in: expect.any(Number),
      },
    ]);
    expect(await kubectl(token, ...whoAmI)).toMatchObject({ code: 0, stdout: 'ci:example/shop' });
    const account = await exchange(await accountToken('sallyport'));
    expect(await kubectl((account.json() as { access_token: string }).access_token, ...whoAmI)).toMatchObject({
      stdout: `pods:${namespace.name}:default`,
    });
    const refused = await exchange(issuer.token({ aud: 'other' }));
    expect([refused.status, refused.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_request' })]);
    expect(JSON.stringify(gateway!.events())).not.toContain(token);
    // The revocation of the session of the job's own token ends what was exchanged for it.
    const sre = await gateway!.person('bob@example.com');
    expect(await sre.cli(['sessions', 'revoke', '--user', 'ci:example/shop'])).toMatchObject({ code: 0 });
    expect(await kubectl(token, 'get', 'pods')).toMatchObject({ code: 1 });
  });

  it('a job of another branch, and a revoked session, are refused', async () => {
    expect(await kubectl(issuer.token({ ref: 'refs/heads/x' }), 'get', 'pods')).toMatchObject({ code: 1 });
    const token = issuer.token();
    expect(await kubectl(token, 'get', 'pods')).toMatchObject({ code: 0 });
    const sre = await gateway!.person('bob@example.com');
    const { sessions } = JSON.parse((await sre.cli(['sessions', 'list', '--all', '-o', 'json'])).stdout) as {
      sessions: { id: string; kind: string; user: string }[];
    };
    const own = sessions.filter(({ kind, user }) => kind === 'workload' && user === 'ci:example/shop');
    expect(own.length).toBeGreaterThan(0);
    for (const { id } of own) expect(await sre.cli(['sessions', 'revoke', id])).toMatchObject({ code: 0 });
    expect(await kubectl(token, 'get', 'pods')).toMatchObject({ code: 1 });
  });
});
