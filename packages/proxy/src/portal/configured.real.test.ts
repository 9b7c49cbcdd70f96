import { describe, expect, it } from '@jest/globals';
import { ciWorkload, factory, setUpOwnApi as setUp } from '../testing/own-api-rig.ts';

const bearer = 'Bearer spt_live';
const api = '/.sallyport/api/v1';

describe('what is configured', () => {
  it('shows connectors only to callers that api.policy names', async () => {
    const [mine, all] = [setUp(false), setUp(true)];
    await all.agent.get(`${api}/connectors`).expect(401);
    const refused = await mine.agent.get(`${api}/connectors`).set('authorization', bearer).expect(403);
    expect(JSON.stringify(refused.body)).not.toContain('factory');
    const { body } = await all.agent.get(`${api}/connectors`).set('authorization', bearer).expect(200);
    expect(body).toEqual({ connectors: [factory] });
  });

  it('shows the policy and its status, and reloads it, only for callers that api.policy names', async () => {
    const [mine, all] = [setUp(false), setUp(true)];
    for (const { agent } of [mine, all]) await agent.get(`${api}/policy/status`).expect(401);
    await mine.agent.get(`${api}/policy`).set('authorization', bearer).expect(403);
    const refused = await mine.agent.get(`${api}/policy/status`).set('authorization', bearer).expect(403);
    expect(JSON.stringify(refused.body)).not.toMatch(/replica|version/);
    await mine.agent.post(`${api}/policy/reload`).set('authorization', bearer).expect(403);
    expect(mine.calls).toEqual([]);
    expect(mine.events.map(({ status }) => status)).toEqual([401, 403, 403, 403]);
    await all.agent.get(`${api}/policy`).set('authorization', bearer).expect(200);
    await all.agent.get(`${api}/policy/status`).set('authorization', bearer).expect(200);
    await all.agent.post(`${api}/policy/reload`).set('authorization', bearer).expect(200);
    expect(all.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/policy',
      'GET /v1/policy/status',
      'POST /v1/policy/reload',
    ]);
  });

  it('tries out a policy and its test cases only for callers that api.policy names, and only short ones', async () => {
    const [mine, all] = [setUp(false), setUp(true)];
    const question = { policy: 'allow: {}', tests: 'cases: [{expect: deny}]' };
    const ask = ({ agent }: typeof mine, body: object) =>
      agent.post(`${api}/policy/what-if?cluster=dev`).set('authorization', bearer).send(body);
    await ask(mine, question).expect(403);
    expect(mine.calls).toEqual([]);
    for (const [tests, status] of [
      ['x'.repeat(256 * 1024 + 1), 400],
      ['x'.repeat(1024 * 1024), 413],
      [['cases'], 400],
      ['', 400],
    ] as const) {
      const { body } = await ask(all, { ...question, tests }).expect(status);
      expect((body as { detail: string }).detail).toMatch(status === 413 ? /larger than/ : /tests/);
    }
    expect(all.calls).toEqual([]);
    await ask(all, question).expect(200);
    expect(all.calls.at(-1)).toMatchObject({ path: '/v1/what-if?cluster=dev', body: { view: 'all', asked: question } });
  });

  it('shows workloads, without what their tokens must be, only to callers that api.policy names', async () => {
    const [mine, all] = [setUp(false), setUp(true)];
    await all.agent.get(`${api}/workloads`).expect(401);
    const refused = await mine.agent.get(`${api}/workloads`).set('authorization', bearer).expect(403);
    expect(JSON.stringify(refused.body)).not.toContain('deployers');
    const { body } = await all.agent.get(`${api}/workloads`).set('authorization', bearer).expect(200);
    const { name, user, groups } = ciWorkload;
    expect(body).toEqual({ workloads: [{ name, source: 'https://ci.example.com', user, groups }] });
  });
});
