import { describe, expect, it } from '@jest/globals';
import { canIAnswerSchema } from '@sallyport/contracts';
import { checkOf, identityOf, kubernetes, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const [dev] = sampleConfig.clusters;
const policy = [
  { allow: { and: [{ groups: 'developers' }, { 'k8s/verb': ['get', 'create'] }] } },
  { allow: { and: [{ groups: 'developers' }, { http_method: 'DELETE' }, { http_path: '/p/configmaps' }] } },
  { deny: { or: [{ 'k8s/resource': 'secrets' }] } },
];
const config = { ...sampleConfig, clusters: [{ ...dev, policy, shadow: [] }] };
const request = (verb: string, resource: string, method: string) => ({
  method,
  kubernetes: kubernetes({ verb, requestVerb: verb, resource, path: `/p/${resource}` }),
});
const requests = [
  request('get', 'pods', 'GET'),
  request('delete', 'pods', 'DELETE'),
  request('create', 'pods', 'POST'),
  request('get', 'secrets', 'GET'),
  request('delete', 'configmaps', 'DELETE'),
];

async function using(
  work: (
    rig: Awaited<ReturnType<typeof startRig>>,
    ask: (body: unknown) => Promise<{ status: number; body: unknown }>,
  ) => Promise<void>,
): Promise<void> {
  const rig = await startRig({ config });
  const ask = async (body: unknown) => {
    const answer = await fetch(`${rig.url}/v1/can-i`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { authorization: rig.authorization },
    });
    return { status: answer.status, body: (await answer.json()) as unknown };
  };
  try {
    await work(rig, ask);
  } finally {
    await rig.close();
  }
}

describe('POST /v1/can-i', () => {
  it('answers each question like a check, but does not count as one', () =>
    using(async (rig, ask) => {
      const alice = await rig.logIn(identityOf('alice', ['developers']));
      const check = checkOf(alice, { kind: 'cluster', name: 'dev' });
      const { body } = await ask({ check, requests });
      const { allowed, policyVersion } = canIAnswerSchema.parse(body);
      expect(allowed).toEqual([true, false, true, false, true]);
      expect(await rig.metrics.metrics()).not.toContain('sallyport_shadow_policy_checks_total{');
      const answers = await rig.ask(
        ...requests.map(({ method, kubernetes: asked }) => ({
          ...check,
          request: { ...check.request, method, path: asked.path },
          kubernetes: asked,
        })),
      );
      expect(answers.map(({ decision }) => decision.effect === 'allow')).toEqual(allowed);
      expect(policyVersion).toBe(answers[0]!.decision.policyVersion);
      expect(rig.lines).toContainEqual(
        expect.objectContaining({ msg: 'permissions were listed', questions: 5, allowed: 3 }),
      );
    }));

  it('has the same answer for a missing cluster and one where nothing is allowed, and one for all who are not logged in', () =>
    using(async (rig, ask) => {
      const mallory = await rig.logIn(identityOf('mallory'));
      const problem = async (token: string | undefined, name: string) =>
        JSON.stringify(await ask({ check: checkOf(token, { kind: 'cluster', name }), requests })).replaceAll(
          `\\"${name}\\"`,
          'NAME',
        );
      expect(await problem(mallory, 'dev')).toContain('"status":404');
      expect(await problem(mallory, 'dev')).toBe(await problem(mallory, 'none'));
      expect(await problem(undefined, 'dev')).toContain('"status":401');
      expect(await problem(undefined, 'dev')).toBe(await problem(undefined, 'none'));
    }));

  it.each([
    {},
    { check: checkOf(undefined, { kind: 'cluster', name: 'dev' }), requests: [] },
    { check: checkOf(undefined, { kind: 'self' }), requests },
    {
      check: checkOf(undefined, { kind: 'cluster', name: 'dev' }),
      requests: Array.from({ length: 257 }, () => requests[0]),
    },
  ])('refuses invalid bodies', (body) =>
    using(async (_rig, ask) => {
      expect(await ask(body)).toMatchObject({ status: 400 });
    }),
  );
});
