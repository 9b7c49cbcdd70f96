import { afterEach, describe, expect, it } from '@jest/globals';
import { checkOf, identityOf, kubernetes, sampleConfig, startRig, throwingPolicy } from '../testing/authorize-rig.ts';

type Rig = Awaited<ReturnType<typeof startRig>>;
let rig: Rig;
afterEach(() => rig.close());

const dev = { kind: 'cluster', name: 'dev' } as const;
const [cluster] = sampleConfig.clusters;
const start = async (more: object, shadow?: unknown) => {
  rig = await startRig({
    config: { ...sampleConfig, ...(shadow === undefined ? {} : { shadow }), clusters: [{ ...cluster, ...more }] },
  });
  return rig.logIn(identityOf('alice', ['developers']));
};
const metric = async (name: string) =>
  (await rig.metrics.getSingleMetricAsString(`sallyport_shadow_policy_${name}`))
    .split('\n')
    .filter((line) => !line.startsWith('#'));

describe('a shadow policy', () => {
  it('is evaluated in addition to the policy in force and included in the answer, but changes nothing', async () => {
    const token = await start({ shadow: [{ allow: { or: [{ groups: 'sre' }] } }] });
    const [get, remove] = await rig.ask(
      checkOf(token, dev),
      checkOf(token, dev, { kubernetes: kubernetes({ verb: 'delete' }) }),
    );
    expect(get).toMatchObject({
      decision: {
        effect: 'allow',
        rule: 'cluster/dev[0].allow.or',
        shadow: [{ scope: 'shadow/cluster/dev', effect: 'deny', rule: 'default-deny' }],
      },
      impersonation: { user: 'alice' },
    });
    expect(remove).toMatchObject({
      decision: { effect: 'deny', rule: 'cluster/dev[1].deny.and', shadow: [{ effect: 'deny' }] },
      problem: { code: 'forbidden' },
    });
    expect(JSON.stringify([get!.problem, remove!.problem])).not.toContain('shadow');
    expect(await metric('differences_total')).toEqual([
      'sallyport_shadow_policy_differences_total{cluster="dev",enforced="allow",shadow="deny"} 1',
    ]);
    expect(await metric('checks_total')).toEqual(['sallyport_shadow_policy_checks_total{cluster="dev"} 2']);
    expect(Number((await metric('seconds_total'))[0]!.split(' ')[1])).toBeGreaterThan(0);
  });

  it('of all clusters and of one cluster together represent what would be in force; the rule tells which decided', async () => {
    const token = await start({ shadow: [{ allow: { or: [{ groups: 'developers' }] } }] }, [
      { deny: { or: [{ 'k8s/verb': 'delete' }] } },
    ]);
    const answers = await rig.ask(
      checkOf(token, dev),
      checkOf(token, dev, { kubernetes: kubernetes({ verb: 'delete' }) }),
    );
    expect(answers.map(({ decision }) => decision.shadow)).toEqual([
      [{ scope: 'shadow/cluster/dev', effect: 'allow', rule: 'shadow/cluster/dev[0].allow.or' }],
      [{ scope: 'shadow/global', effect: 'deny', rule: 'shadow/global[0].deny.or' }],
    ]);
    expect(await metric('differences_total')).toEqual([]);
  });

  it('is not evaluated for callers who are not logged in, nor if there is none', async () => {
    await start({ shadow: [{ allow: { or: [{ accept: true }] } }] });
    expect((await rig.ask(checkOf(undefined, dev)))[0]!.decision).not.toHaveProperty('shadow');
    expect(await metric('checks_total')).toEqual([]);
    await rig.close();
    const token = await start({});
    const { decision } = (await rig.ask(checkOf(token, dev)))[0]!;
    expect(decision.effect).toBe('allow');
    expect(decision).not.toHaveProperty('shadow');
  });

  it('that throws changes nothing but a metric', async () => {
    const token = await start({});
    const [before] = await rig.ask(checkOf(token, dev));
    const { clusters } = rig.policies.current();
    rig.policies.swap({
      ...rig.policies.current(),
      clusters: new Map([['dev', { ...clusters.get('dev')!, shadow: [throwingPolicy] }]]),
    });
    for (let count = 0; count < 3; count += 1) expect((await rig.ask(checkOf(token, dev)))[0]).toEqual(before);
    expect(await metric('failures_total')).toEqual(['sallyport_shadow_policy_failures_total{cluster="dev"} 3']);
    expect(rig.lines.filter(({ msg }) => String(msg).startsWith('a shadow policy failed'))).toHaveLength(1);
  });
});
