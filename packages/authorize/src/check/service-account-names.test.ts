import { afterEach, describe, expect, it } from '@jest/globals';
import { checkOf, identityOf, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const rigs: Awaited<ReturnType<typeof startRig>>[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

async function start(policy: object) {
  const rig = await startRig({ config: { ...sampleConfig, api: { policy } } });
  rigs.push(rig);
  const tokens = {
    alice: await rig.logIn(identityOf('alice', ['ci'])),
    sre: await rig.logIn(identityOf('sre', ['sre'])),
  };
  return async (user: keyof typeof tokens, serviceAccount?: string) => {
    const target = { kind: 'api' as const, area: 'machines' as const };
    const [answer] = await rig.ask(
      checkOf(tokens[user], serviceAccount === undefined ? target : { ...target, serviceAccount }),
    );
    return [answer!.decision.effect, answer!.reservedName ?? false];
  };
}
const machines = { allow: { or: [{ groups: 'sre' }] } };

describe('the policy about names of service accounts', () => {
  it('keeps no name from anyone if there is none', async () => {
    const ask = await start({ machines });
    expect([await ask('alice', 'prod-a'), await ask('sre', 'prod-a')]).toEqual([
      ['deny', false],
      ['allow', false],
    ]);
  });

  it('keeps a name from those whom it denies, and decides nothing else', async () => {
    const ask = await start({
      machines,
      serviceAccountNames: {
        allow: { or: [{ accept: true }] },
        deny: { and: [{ service_account: { starts_with: 'prod-' } }, { groups: { exclude: 'sre' } }] },
      },
    });
    expect(await ask('alice', 'prod-a')).toEqual(['deny', true]);
    expect(await ask('alice', 'deployer')).toEqual(['deny', false]);
    expect(await ask('alice')).toEqual(['deny', false]);
    expect(await ask('sre', 'prod-a')).toEqual(['allow', false]);
  });

  it('keeps what no rule allows', async () => {
    const ask = await start({
      machines,
      serviceAccountNames: { allow: { and: [{ groups: 'ci' }, { service_account: ['ci-a', 'ci-b'] }] } },
    });
    expect(await ask('alice', 'ci-a')).toEqual(['deny', false]);
    expect(await ask('alice', 'ci-c')).toEqual(['deny', true]);
    expect(await ask('sre', 'ci-a')).toEqual(['allow', true]);
  });

  it('is the only place of the criterion service_account', async () => {
    await expect(start({ machines: { allow: { or: [{ service_account: 'x' }] } } })).rejects.toThrow(
      'applies only in api.policy.serviceAccountNames',
    );
  });
});
