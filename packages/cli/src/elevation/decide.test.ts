import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createRig, type Rig } from '../testing/rig.ts';
import { elevation, elevationId as id } from '../testing/elevation.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';

/** One whose leads have approved, and not yet its security. */
const halfApproved = elevation({
  approvalsNeeded: 2,
  approvals: [{ user: 'bob@example.com', at: 0, sets: ['leads'] }],
  approverSets: [
    { name: 'leads', approvals: 1, lacks: 0 },
    { name: 'security', approvals: 1, lacks: 1 },
  ],
});
const active = elevation({ state: 'active', activeFrom: 0, expiresAt: 1_800_000, may: ['revoke', 'extend'] });

let rig: Rig;
let gateway: FakeGateway;
/** What the gateway answers in turn about the elevation; the last one stays. */
let states: object[];
let sent: { path: string; body: string }[];
beforeEach(async () => {
  rig = createRig();
  gateway = await startFakeGateway();
  states = [elevation(), elevation(), active];
  sent = [];
  expect(await rig.run('login', gateway.origin)).toMatchObject({ code: 0 });
  gateway.override = ({ method, path, body }) => {
    if (!path.startsWith('/.sallyport/api/v1/elevations')) return undefined;
    if (method === 'POST') sent.push({ path: path.slice('/.sallyport/api/v1'.length), body });
    if (path.endsWith('/elevations') && method === 'GET')
      return { status: 200, body: { elevations: [states[0]], omitted: 0 } };
    const now = states.length > 1 ? states.shift() : states[0];
    return { status: 200, body: { elevation: now } };
  };
});
afterEach(async () => {
  rig.remove();
  await gateway.close();
});
const elevate = (...more: string[]) =>
  rig.run('elevate', 'prod-admin', '--cluster', 'prod', '--for', '30m', '--reason', 'the shop is down', ...more);

describe('sallyport elevate', () => {
  it('asks, waits with progress, and ends when the elevation is active', async () => {
    const { code, out, err } = await elevate('--ticket', 'INC-1', '-n', 'shop', '--at', '2026-11-01T08:00:00Z');
    expect(JSON.parse(sent[0]!.body)).toEqual({
      name: 'prod-admin',
      cluster: 'prod',
      namespace: 'shop',
      durationMs: 1_800_000,
      reason: 'the shop is down',
      ticket: 'INC-1',
      startsAt: Date.parse('2026-11-01T08:00:00Z'),
    });
    expect([code, out]).toEqual([0, `prod-admin on prod is active until 1970-01-01T00:30:00Z (${id}).\n`]);
    expect(err).toContain('waits for approval (0 of 1) until 1970-01-01T01:00:00Z');
  });

  it('says whose approval is lacking', async () => {
    states = [halfApproved, halfApproved, active];
    const { code, err } = await elevate();
    expect([code, err]).toEqual([0, expect.stringContaining('(1 of 2, needs 1 of security) until')]);
  });

  it.each([
    [
      'denied',
      { ended: { at: 0, user: 'bob@example.com', detail: 'not now' } },
      'is denied by bob@example.com: not now',
    ],
    ['timed-out', { ended: { at: 0 } }, 'was not decided in time'],
    ['withdrawn', { ended: { at: 0, user: 'alice@example.com' } }, 'is withdrawn by alice@example.com'],
  ])('fails if it is %s', async (state, more, text) => {
    states = [elevation(), elevation({ state, ...more })];
    const { code, err } = await elevate();
    expect([code, err]).toEqual([5, expect.stringContaining(text)]);
  });

  it('does not wait with --no-wait, and prints only id and state as JSON', async () => {
    const { code, out } = await elevate('--no-wait', '-o', 'json');
    expect([code, JSON.parse(out)]).toEqual([0, { id, state: 'pending' }]);
  });

  it('says after Ctrl-C that the request stays open, and the command that waits for it again', async () => {
    let interrupt = () => {};
    rig.remove();
    rig = createRig({
      onInterrupt: (listener) => {
        interrupt = () => void listener();
        return () => {};
      },
    });
    await rig.run('login', gateway.origin);
    let said = '';
    rig.onErr = (text) => {
      said += text;
      if (text.includes('waits for approval')) interrupt();
    };
    await elevate();
    expect(said).toContain(`Your request ${id} stays open.`);
    expect(said).toContain("sallyport elevate prod-admin --cluster prod --for 30m --reason 'the shop is down'");
  });

  it('goes on waiting while the gateway is away for a moment', async () => {
    const before = gateway.override;
    let failures = 3;
    gateway.override = (call) =>
      call.method === 'GET' && (failures -= 1) >= 0 ? { status: 503, body: { title: 'not ready' } } : before(call);
    expect(await elevate()).toMatchObject({ code: 0 });
  });

  it.each([
    [['--for', 'soon'], '--for: "soon" is not a length of time'],
    [['--for', '5'], '--for: "5" is not a length of time'],
    [['--at', 'tomorrow'], '--at: "tomorrow" is not a time'],
  ])('refuses %j', async (more, text) => {
    const { code, err } = await elevate(...more);
    expect([code, err]).toEqual([2, expect.stringContaining(text)]);
    expect(sent).toEqual([]);
  });
});

describe('sallyport elevate --dry-run', () => {
  const preview = {
    name: 'prod-admin',
    cluster: 'prod',
    groups: ['prod-admins'],
    maxDurationMs: 3_600_000,
    approvalsNeeded: 1,
    approverGroups: ['sre-leads\u001b[2J'],
    comparedIn: 'default',
    gains: [
      { apiGroup: '', resource: 'pods', verbs: ['create', 'delete'], refusedByPolicy: [], conditional: [] },
      { apiGroup: 'apps', resource: 'deployments', verbs: ['patch'], refusedByPolicy: ['patch'], conditional: [] },
      { apiGroup: '*', resource: '*', verbs: ['*'], refusedByPolicy: [], conditional: ['*'] },
    ],
    omitted: 2,
    incomplete: false,
  };
  const dryRun = (...more: string[]) => rig.run('elevate', 'prod-admin', '--cluster', 'prod', '--dry-run', ...more);
  let shown: object;
  beforeEach(() => {
    shown = preview;
    const before = gateway.override;
    gateway.override = (call) => {
      const answer = before(call);
      return call.path.endsWith('/dry-run') ? { status: 200, body: { preview: shown } } : answer;
    };
  });

  it('shows what it would change and who approves, and asks for nothing', async () => {
    const { code, out } = await dryRun();
    expect(code).toBe(0);
    expect(sent).toEqual([{ path: '/elevations/dry-run', body: '{"name":"prod-admin","cluster":"prod"}' }]);
    expect(out).toContain('Groups:    prod-admins\n');
    expect(out).toMatch(/Approval: +1, from sre-leads/);
    expect(out).toMatch(/pods +create,delete +allows\n/);
    expect(out).toMatch(/deployments\.apps +patch +refuses\n/);
    expect(out).toMatch(/\*\.\* +\* +depends on the request\n/);
    expect(out).toContain('2 more rights are not listed.');
    expect(out).toContain('Nothing was asked for.');
    expect(out).not.toContain('\u001b');
  });

  it('shows each set of people that must approve', async () => {
    shown = {
      ...preview,
      approvalsNeeded: 3,
      approverGroups: undefined,
      approverSets: [
        { name: 'leads', approvals: 2, groups: ['sre-leads', 'ops-leads'] },
        { name: 'security', approvals: 1 },
      ],
    };
    const { out } = await dryRun();
    expect(out).toContain('2 of leads (sre-leads or ops-leads), 1 of security (those that a policy names)');
  });

  it('is complete as JSON, and says what the cluster did not tell', async () => {
    expect(JSON.parse((await dryRun('-o', 'json')).out)).toEqual(preview);
    const { gains: _gains, ...rest } = preview;
    shown = { ...rest, namespace: 'shop', approvalsNeeded: 0, groups: [] };
    const { out } = await dryRun('-n', 'shop');
    expect(JSON.parse(sent.at(-1)!.body)).toEqual({ name: 'prod-admin', cluster: 'prod', namespace: 'shop' });
    expect(out).toContain('The cluster did not say what you could do in addition.');
    expect(out).toContain('Approval:  none needed, it begins at once\n');
  });

  it('needs the name of an elevation', async () => {
    const { code, err } = await rig.run('elevate', '--dry-run');
    expect([code, err]).toEqual([2, expect.stringContaining('--dry-run belongs to a request')]);
    expect(sent).toEqual([]);
  });
});

describe('sallyport elevate without a name', () => {
  const options = [
    {
      name: 'prod-admin',
      groups: ['prod-admins'],
      maxDurationMs: 3_600_000,
      approvalsNeeded: 1,
      reason: 'required',
      ticket: { required: true, pattern: 'INC-*' },
      places: [{ cluster: 'prod' }, { cluster: 'stage\u001b[2J' }],
    },
    {
      name: 'shops',
      groups: ['shop-admins'],
      maxDurationMs: 900_000,
      approvalsNeeded: 0,
      reason: 'optional',
      ticket: { required: false },
      places: [{ cluster: 'dev', namespaces: ['shop', 'pay-*'] }],
    },
  ];
  beforeEach(() => {
    gateway.override = ({ method, path }) =>
      method === 'GET' && path === '/.sallyport/api/v1/elevations/options'
        ? { status: 200, body: { options, omitted: 3 } }
        : undefined;
  });

  it('lists what one may ask for, and what each needs', async () => {
    const { code, out, err } = await rig.run('elevate');
    expect([code, err]).toEqual([0, '3 more places are not listed.\n']);
    expect(out).toMatch(/^NAME +CLUSTERS +NAMESPACES +AT-MOST +APPROVALS +NEEDS\n/);
    expect(out).toMatch(/prod-admin +prod,stage.* +1h +1 +reason, ticket like INC-\*/);
    expect(out).toMatch(/shops +dev +shop,pay-\* +15m +0 +namespace/);
    expect(out).not.toContain('\u001b');
  });

  it('lists what there is on one cluster, as names or as JSON', async () => {
    expect((await rig.run('elevate', '--cluster', 'dev', '-o', 'name')).out).toBe('shops\n');
    expect(JSON.parse((await rig.run('elevate', '--cluster', 'dev', '-o', 'json')).out)).toEqual({
      options: [options[1]],
      omitted: 3,
    });
    expect(await rig.run('elevate', '--cluster', 'none')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringContaining('There is no elevation that you may ask for.'),
    });
  });

  it.each([
    ['--for', '5m'],
    ['--reason', 'r'],
    ['-n', 'shop'],
  ])('refuses %s, which belongs to a request', async (...given) => {
    expect(await rig.run('elevate', ...given)).toMatchObject({
      code: 2,
      err: expect.stringContaining('needs the name'),
    });
  });

  it('needs to know for how long, with a name', async () => {
    expect(await rig.run('elevate', 'prod-admin', '--cluster', 'prod')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--for is missing'),
    });
  });
});

describe('sallyport elevations', () => {
  it('lists with what one may do, safe for a terminal', async () => {
    const { code, out } = await rig.run('elevations', 'list');
    expect([code, out]).toEqual([0, expect.stringContaining('prod-admin')]);
    expect(out).toContain('withdraw');
    expect(out).not.toContain('\u001b');
  });

  it.each(['approve', 'deny', 'withdraw', 'revoke'])('%s takes the beginning of an id, and a reason', async (step) => {
    states = [active];
    const { code, out } = await rig.run('elevations', step, '5f0c', '--reason', 'why');
    expect([code, out]).toEqual([0, expect.stringContaining('is active until')]);
    expect(sent).toEqual([{ path: `/elevations/${id}/${step}`, body: '{"reason":"why"}' }]);
  });

  it('lists and shows whose approval is lacking, if several sets of people must approve', async () => {
    states = [halfApproved];
    const { out } = await rig.run('elevations', 'list', '-o', 'wide');
    expect(out).toMatch(/UNTIL +NEEDS +YOU-MAY/);
    expect(out).toMatch(/ 1 of security +withdraw /);
    expect(out).toContain('bob@example.com (leads)');
    expect((await rig.run('elevations', 'show', id)).out).toContain('Approved:  bob@example.com (leads) at ');
    const { elevations } = JSON.parse((await rig.run('elevations', 'list', '-o', 'json')).out);
    expect(elevations[0]).toMatchObject({
      approverSets: [{ lacks: 0 }, { name: 'security', approvals: 1, lacks: 1 }],
      approvals: [{ sets: ['leads'] }],
    });
    states = [elevation()];
    expect((await rig.run('elevations', 'list')).out).not.toContain('NEEDS');
  });

  it('extend asks for more time', async () => {
    states = [active];
    expect(await rig.run('elevations', 'extend', id, '--for', '15m')).toMatchObject({ code: 0 });
    expect(sent).toEqual([{ path: `/elevations/${id}/extend`, body: '{"durationMs":900000}' }]);
  });

  it('show prints everything, with times in RFC 3339 for programs', async () => {
    states = [active];
    expect((await rig.run('elevations', 'show', id)).out).toContain('State:     is active until 1970-01-01T00:30:00Z');
    const { out } = await rig.run('elevations', 'show', id, '-o', 'json');
    expect(JSON.parse(out)).toMatchObject({ elevation: { expiresAt: '1970-01-01T00:30:00.000Z' } });
  });

  it('says what is in the way when a step cannot be taken', async () => {
    gateway.override = () => ({ status: 409, body: { detail: 'This elevation is over. Ask for a new one.' } });
    expect(await rig.run('elevations', 'approve', id)).toMatchObject({
      code: 5,
      err: expect.stringContaining('This elevation is over.'),
    });
  });
});

describe('sallyport whoami', () => {
  it('shows the active elevations', async () => {
    states = [active];
    expect((await rig.run('whoami')).out).toContain(
      'Elevated: prod-admin on prod, is active until 1970-01-01T00:30:00Z',
    );
    expect(JSON.parse((await rig.run('whoami', '-o', 'json')).out)).toMatchObject({ elevations: [{ id }] });
  });
});
