import { generateKeyPairSync } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { policyRulesSchema, type PolicyRules } from '@sallyport/contracts';
import { createServiceIdentity } from '@sallyport/kit';
import { checkOf } from '../testing/authorize-rig.ts';
import { useRigs, type Rig } from '../testing/use-rigs.ts';

const start = useRigs();
const dev = { kind: 'cluster', name: 'dev' } as const;

async function call(rig: Rig, path: string, body?: unknown) {
  const response = await fetch(`${rig.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: rig.authorization },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return {
    status: response.status,
    body: response.status === 204 ? undefined : ((await response.json()) as unknown),
  };
}

describe('a call', () => {
  const body = JSON.stringify({ checks: [checkOf(undefined, dev)] });

  it('needs the credential of a service that may call', async () => {
    const rig = await start();
    const forged = await createServiceIdentity({
      name: 'proxy',
      privateKey: generateKeyPairSync('ed25519').privateKey,
      now: Date.now,
    }).credentialFor('authorize');
    const audience = await createServiceIdentity({
      name: 'proxy',
      privateKey: generateKeyPairSync('ed25519').privateKey,
      now: Date.now,
    }).credentialFor('audit');
    for (const headers of [
      {},
      { authorization: 'Bearer x' },
      { authorization: forged },
      { authorization: audience },
      { authorization: `${rig.authorization}x` },
    ]) {
      for (const path of [
        '/v1/check',
        '/v1/changes',
        '/v1/policy',
        '/v1/policy/rules',
        '/v1/policy/status',
        '/v1/policy/reload',
        '/v1/replicas',
        '/v1/streams',
        '/v1/streams/answer',
        '/nowhere',
      ]) {
        const response = await fetch(`${rig.url}${path}`, {
          method: ['/v1/check', '/v1/policy/reload', '/v1/replicas', '/v1/streams', '/v1/streams/answer'].includes(path)
            ? 'POST'
            : 'GET',
          headers: headers as Record<string, string>,
        });
        expect(response.status).toBe(401);
      }
    }
    for (const name of ['authenticate', 'audit'] as const)
      expect((await rig.post(body, { authorization: await rig.credential(name) })).status).toBe(403);
    expect((await rig.post(body)).status).toBe(200);
  });

  it('with a malformed body is a 400 with the fault', async () => {
    const rig = await start();
    for (const bad of ['', '{', '[]', 'null', '{"checks":[]}', '{"checks":[{}]}', '\0', '{"checks":'.repeat(50_000)]) {
      const response = await rig.post(bad);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  it('of more than 1 MiB is a 413, with or without Content-Length', async () => {
    const rig = await start();
    expect((await rig.post('x'.repeat(1024 * 1024 + 1))).status).toBe(413);
    const status = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        `${rig.url}/v1/check`,
        { method: 'POST', headers: { authorization: rig.authorization } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      request.on('error', reject);
      for (let chunk = 0; chunk < 40; chunk += 1) request.write('x'.repeat(32_768));
    });
    expect(status).toBe(413);
    expect((await rig.post(body)).status).toBe(200);
  });

  it('to another address or with another method is refused', async () => {
    const rig = await start();
    const headers = { authorization: rig.authorization };
    expect((await fetch(`${rig.url}/v1/other`, { headers })).status).toBe(404);
    expect((await fetch(`${rig.url}/constructor`, { headers })).status).toBe(404);
    expect((await fetch(`${rig.url}/v1/check`, { headers })).status).toBe(405);
  });

  it('for the policy returns its version and size', async () => {
    const rig = await start();
    const response = await fetch(`${rig.url}/v1/policy`, { headers: { authorization: rig.authorization } });
    expect(await response.json()).toEqual({
      version: rig.policies.current().version,
      rules: 4,
      clusters: 3,
      clusterNames: ['dev', 'open', 'shut'],
      apiAreas: ['sessions'],
    });
  });

  it('for the rules lists them with their values, and knows only what is configured', async () => {
    const rig = await start();
    const ask = (body: object) => call(rig, '/v1/policy/rules', JSON.stringify(body));
    const answer = await ask({ cluster: 'dev' });
    expect(policyRulesSchema.parse(answer.body)).toEqual(answer.body);
    expect(answer.body).toMatchObject({ version: rig.policies.current().version, leftOut: 0 });
    expect((answer.body as PolicyRules).rules[0]).toMatchObject({
      action: 'allow',
      criteria: [{ name: expect.any(String) }],
    });
    expect(await ask({ cluster: 'nowhere' })).toMatchObject({ status: 404 });
    expect(await ask({ route: 'dev' })).toMatchObject({ status: 404 });
    for (const bad of [{}, { cluster: 'dev', route: 'a.example.com' }, { cluster: 1 }, { name: 'dev' }])
      expect(await ask(bad)).toMatchObject({ status: 400 });
  });
});

describe('the replicas', () => {
  const report = (more: object = {}) => ({
    service: 'proxy',
    id: 'proxy/1',
    host: 'pod',
    version: 'v1',
    since: 1,
    startedAt: 1,
    restartNeeded: [],
    ...more,
  });

  it('are listed as they report, until they shut down', async () => {
    const rig = await start();
    const rejected = { at: 2, faults: [{ path: 'policy', message: 'is wrong', file: '/a.yaml', line: 1, column: 2 }] };
    expect((await call(rig, '/v1/replicas', { replica: report({ rejected }) })).status).toBe(204);
    expect((await call(rig, '/v1/replicas', { replica: report({ id: 'proxy/2' }) })).status).toBe(204);
    expect(await call(rig, '/v1/policy/status')).toEqual({
      status: 200,
      body: { replicas: [report({ rejected }), report({ id: 'proxy/2' })] },
    });
    expect((await call(rig, '/v1/replicas', { gone: 'proxy/1' })).status).toBe(204);
    expect(await call(rig, '/v1/policy/status')).toMatchObject({ body: { replicas: [{ id: 'proxy/2' }] } });
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    { replica: {} },
    { replica: report({ version: 1 }) },
    { replica: report({ service: 'authorize', id: 'authorize/1' }) },
    { replica: report({ id: 'authorize/1' }) },
    { gone: 'authorize/1' },
    { gone: '' },
    { replica: report({ restartNeeded: Array(200).fill('x') }) },
    { replica: report(), gone: 'proxy/1' },
  ])('cannot send an invalid report (%j), nor one for others', async (body) => {
    const rig = await start();
    expect((await call(rig, '/v1/replicas', body)).status).toBe(400);
    expect(await call(rig, '/v1/policy/status')).toEqual({ status: 200, body: { replicas: [] } });
  });

  it('are all asked to reload their configuration', async () => {
    const rig = await start();
    const response = await fetch(`${rig.url}/v1/changes`, { headers: { authorization: rig.authorization } });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    expect(await call(rig, '/v1/policy/reload', '')).toEqual({ status: 202, body: { requested: true } });
    expect(JSON.parse((await reader.read()).value!)).toEqual({ seq: 2, type: 'reload-requested' });
    await reader.cancel();
  });
});
