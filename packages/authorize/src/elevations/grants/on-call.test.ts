import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevationViewSchema } from '@sallyport/contracts';
import { readYaml } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { checkOf, identityOf, kubernetes } from '../../testing/authorize-rig.ts';
import { elevationsConfig, startElevationRig, type ElevationRig } from '../../testing/elevation-rig.ts';

const { approvers: _approvers, ...entry } = elevationsConfig.elevations[0]! as Record<string, unknown>;
const onCall = [{ allow: { or: [{ on_call: 'primary' }] } }];
const configWith = (more: object) => ({ ...elevationsConfig, elevations: [{ ...entry, ...more }] });

let rig: ElevationRig;
let alice: string;
let changes: number;
const start = async (more: object) => {
  rig = await startElevationRig({ config: configWith(more) });
  alice = await rig.logInAs('alice', 'developers');
  changes = 0;
  rig.policies.onChange(() => void (changes += 1));
};
afterEach(() => rig.close());

const list = (...users: string[]) =>
  rig.policies.setOnCall(
    { primary: { users: users.map((user) => ({ user: `${user}@example.com` })) } },
    { tell: true },
  );
const unknown = () => rig.policies.setOnCall({}, { tell: true });
const approve = async (token: string, id: string) => {
  const { status, body } = await rig.decide(token, 'approve', id);
  return status === 200 ? elevationViewSchema.parse(body['elevation']).state : status;
};
const effect = async () => (await rig.tryDelete(alice)).decision.effect;

describe('an approver who is on call', () => {
  beforeEach(() => start({ approvers: onCall }));

  it('approves, and no longer does when someone else is on call', async () => {
    const { id } = await rig.request(alice);
    const [bob, carol] = [await rig.logInAs('bob'), await rig.logInAs('carol')];
    list('bob');
    expect(await rig.view(bob, { action: 'show', id })).toMatchObject({ may: ['approve', 'deny'] });
    list('carol');
    expect(await approve(bob, id)).toBe(404);
    expect(await approve(carol, id)).toBe('active');
    list();
    expect(await effect()).toBe('allow');
  });

  it('approves nothing while it is not known who is on call', async () => {
    const { id } = await rig.request(alice);
    const bob = await rig.logInAs('bob');
    expect(await approve(bob, id)).toBe(404);
    list('bob');
    unknown();
    expect(await approve(bob, id)).toBe(404);
    rig.policies.setOnCall({ primary: { users: [{ user: 'bob@example.com' }], knownUntil: 0 } }, { tell: true });
    expect(await approve(bob, id)).toBe(404);
  });

  it('cannot approve their own request', async () => {
    const { id } = await rig.request(alice);
    list('alice');
    expect(await approve(alice, id)).toBe(403);
  });
});

describe('a requester who is on call', () => {
  beforeEach(async () => {
    await start({ requesters: onCall, approvals: 0 });
    list('alice');
  });

  it('loses the elevation when they are not any more', async () => {
    const { id } = await rig.request(alice);
    expect(await effect()).toBe('allow');
    list('bob');
    expect(await effect()).toBe('deny');
    await until(async () => (await rig.store.read(id))!.state === 'revoked');
    list('alice');
    expect(await effect()).toBe('deny');
  });

  it('has nothing while it is not known, and has it again afterwards', async () => {
    const { id } = await rig.request(alice);
    unknown();
    expect(await effect()).toBe('deny');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((await rig.store.read(id))!.state).toBe('active');
    list('alice');
    expect(await effect()).toBe('allow');
  });

  it('may ask only while they are', async () => {
    list('bob');
    const { status } = await rig.elevation(alice, { action: 'request', asked: rig.asked });
    expect(status).toBe(403);
  });
});

describe('on-call lists', () => {
  const cluster = (policy: object) => ({ ...elevationsConfig.clusters[0]!, name: 'dev', policy });
  const startWith = async (policy: object) => {
    rig = await startElevationRig({ config: { ...elevationsConfig, clusters: [cluster(policy)], elevations: [] } });
    alice = await rig.logInAs('alice', 'developers');
  };
  const ask = async () =>
    (await rig.ask(checkOf(alice, { kind: 'cluster', name: 'dev' }, { kubernetes: kubernetes({}) })))[0]!;

  it('decide about requests to clusters, and say so if they are not known', async () => {
    await startWith(onCall);
    const refused = await ask();
    expect(refused).toMatchObject({ decision: { effect: 'deny', reasons: ['on-call-open'] } });
    expect(refused.problem!.detail).toContain('criteria: on_call; it is not known now who is on call');
    list('alice');
    expect(await ask()).toMatchObject({ decision: { effect: 'allow', reasons: ['on-call-ok'] } });
  });

  it('deny what they may have to deny', async () => {
    await startWith([{ allow: { or: [{ groups: 'developers' }] } }, { deny: { or: [{ on_call: 'primary' }] } }]);
    expect((await ask()).decision.effect).toBe('deny');
    list('bob');
    expect((await ask()).decision.effect).toBe('allow');
    list('ALICE');
    expect((await ask()).decision.effect).toBe('deny');
  });

  it('remain when the policies change, and tell of a change', async () => {
    await start({ approvers: onCall });
    list('bob');
    rig.policies.setOnCall(rig.policies.current().onCall!, { tell: false });
    rig.policies.swap({ ...rig.policies.current(), onCall: {}, version: 'next' });
    expect(rig.policies.current()).toMatchObject({ version: 'next', onCall: { primary: { users: [{}] } } });
    expect(changes).toBe(2);
  });
});

describe('the example of quiet hours in the documentation', () => {
  const page = readFileSync(new URL('../../../../../docs/elevations.md', import.meta.url), 'utf8');
  const [, section] = page.split('### Quiet hours\n');
  const read = readYaml(/```yaml\n([\s\S]*?)```/.exec(section!)![1]!);
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const { elevations } = read.yaml.data as { elevations: object[] };
  /** The next Monday at noon in UTC, on which it is a working day in Berlin. */
  const monday = (() => {
    const day = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000 + 43_200_000);
    while (day.getUTCDay() !== 1) day.setUTCDate(day.getUTCDate() + 1);
    return day.getTime();
  })();
  const hourMs = 3_600_000;
  let [bob, carol]: string[] = [];
  const logIn = (name: string, group: string) =>
    rig.logIn(identityOf(`${name}@example.com`, [group]), {
      id: `quiet-${name}`,
      expiresAt: monday + 30 * 86_400_000,
      idleMs: 60 * 86_400_000,
    });
  beforeEach(async () => {
    rig = await startElevationRig({
      config: {
        ...elevationsConfig,
        clusters: [{ ...elevationsConfig.clusters[0]!, impersonate: { groups: ['cluster-admins'] } }],
        elevations,
      },
    });
    [alice, bob, carol] = [await logIn('alice', 'sre'), await logIn('bob', 'sre-leads'), await logIn('carol', 'sre')];
    list('carol');
  });
  const requestAt = async (at: number, name: string) => {
    rig.advance(at - (Date.now() + offset));
    offset = at - Date.now();
    return rig.request(alice, { name });
  };
  let offset = 0;
  beforeEach(() => void (offset = 0));

  it('lets one lead approve in working hours, and no one else', async () => {
    const { id } = await requestAt(monday, 'prod-admin');
    expect(await approve(carol!, id)).toBe(404);
    expect(await approve(bob!, id)).toBe('active');
  });

  it.each([
    ['at night', 11],
    ['in the morning', -7],
    ['on a Saturday', 5 * 24],
  ])('lets no one approve it %s', async (_when, hours) => {
    const { id } = await requestAt(monday + hours * hourMs, 'prod-admin');
    expect(await approve(bob!, id)).toBe(404);
  });

  it('asks someone on call and a lead at any other time', async () => {
    const { id } = await requestAt(monday + 11 * hourMs, 'prod-admin-off-hours');
    expect(await approve(bob!, id)).toBe('pending');
    expect(await approve(carol!, id)).toBe('active');
  });
});
