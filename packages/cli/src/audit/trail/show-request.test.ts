import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { recordedEvent, type RecordedParts } from '@sallyport/policy/testing';
import { createRig, type Rig } from '../../testing/rig.ts';

const auditID = '5f0c6a1e-0000-4000-8000-000000000001';
let gateway: FakeGateway;
let rig: Rig;
let body: object;
let asked: Record<string, string>[];

function rowOf(parts: RecordedParts, changes: Record<string, unknown> = {}) {
  const { cloudEvent, ...data } = recordedEvent({ auditID, ...parts }) as { cloudEvent: object };
  return { ...cloudEvent, data: { ...data, ...changes } };
}

beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig();
  await rig.run('login', '--gateway', gateway.origin);
  asked = [];
  const elevation = { id: 'e1', name: 'incident', ticket: 'INC-7', approvers: ['carol@example.com'] };
  const exec = { container: 'main', command: ['sh', '-c', 'ls'], tty: false, stdin: false };
  const at = (second: number) => `2026-11-25T10:00:0${second}.000000Z`;
  const common = { name: 'web-0', subresource: 'exec', verb: 'create', ours: { exec, elevation } };
  body = {
    events: [
      rowOf({ ...common, stage: 'RequestReceived', time: at(1) }),
      rowOf({ ...common, type: 'stream.opened', time: at(2), ours: { stream: { id: 'st1', kind: 'exec' } } }),
      rowOf({
        ...common,
        type: 'stream.closed',
        time: at(3),
        ours: { stream: { id: 'st1', kind: 'exec', reason: 'session-ended', exitCode: 137 } },
      }),
      { ...rowOf({ ...common, time: at(4), code: 101, ours: { exec, elevation, durationMs: 3000 } }), result: 'ok' },
    ],
    attempts: [],
    session: [
      rowOf({ type: 'session.login', time: at(0) }),
      rowOf({ type: 'session.revoked', time: at(3), user: 'carol@example.com' }),
    ],
    elevation: [rowOf({ type: 'elevation.approved', time: at(0), user: 'carol@example.com', ours: { elevation } })],
    clusterEvents: [
      {
        cluster: 'dev',
        event: {
          stage: 'ResponseComplete',
          stageTimestamp: at(3).replace('.000', '.500'),
          user: { username: 'system:serviceaccount:sallyport:gateway' },
          impersonatedUser: { username: 'alice@example.com' },
          responseStatus: { code: 101 },
          annotations: { 'authorization.k8s.io/reason': 'RBAC: allowed by RoleBinding "dev"' },
        },
      },
    ],
    scope: 'all',
  };
  gateway.override = ({ path, query }) => {
    if (!path.endsWith('/audit/show')) return undefined;
    asked.push(Object.fromEntries(query));
    return { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});

describe('sallyport audit show', () => {
  it('shows who did what, why it was allowed, and what happened', async () => {
    const { code, out, err } = await rig.run('audit', 'show', '5F0C6A1E', '--cluster', 'dev');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(asked).toEqual([{ id: '5f0c6a1e', cluster: 'dev' }]);
    expect(out.split('\n').map((line) => line.replace(/ {2,}/g, '  ').trimEnd())).toEqual([
      `Audit-ID:  ${auditID}`.replace(/ {2,}/g, '  '),
      'Who:  alice@example.com from 10.1.2.3',
      'Groups:  developers',
      'What:  create dev/pods/web-0:exec',
      'Where:  dev',
      'Path:  /api/v1/namespaces/dev/pods/web-0',
      'Command:  sh -c ls',
      'Decision:  allow by cluster/dev[0].allow.or',
      'Policy:  x',
      'Result:  ok: 101, after 3s, 0 bytes received, 100 sent',
      'Session:  session-of-alice@example.com, began 2026-11-25T10:00:00.000Z, revoked 2026-11-25T10:00:03.000Z by carol@example.com',
      'Elevation: incident e1, ticket INC-7, approved by carol@example.com, approved 2026-11-25T10:00:00.000Z by carol@example.com',
      '',
      'TIME  EVENT  DETAIL',
      '2026-11-25T10:00:01.000Z  received  allow by cluster/dev[0].allow.or',
      '2026-11-25T10:00:02.000Z  stream opened  exec st1, 0 bytes received, 100 sent',
      '2026-11-25T10:00:03.000Z  stream closed  exec st1, because of session-ended, exit code 137, 0 bytes received, 100 sent',
      '2026-11-25T10:00:03.500Z  cluster: ended  101, alice@example.com, sent by system:serviceaccount:sallyport:gateway, RBAC: allowed by RoleBinding "dev"',
      '2026-11-25T10:00:04.000Z  ended  101, after 3s, 0 bytes received, 100 sent',
      '',
    ]);
  });

  it('names the other attempt of an exec that a client tried twice', async () => {
    const other = '5f0c6a1e-0000-4000-8000-000000000002';
    const end = { ...rowOf({ code: 403 }), result: 'denied-by-cluster' };
    body = { ...body, events: [{ ...end, retryOf: other }] };
    const { out } = await rig.run('audit', 'show', auditID);
    expect(out).toContain(`\nResult:    denied-by-cluster: 403`);
    expect(out).toContain(`\nAttempt:   repeats ${other}\n`);
    body = { ...body, events: [end], attempts: [rowOf({ auditID: other })] };
    expect((await rig.run('audit', 'show', auditID)).out).toContain(`\nAttempt:   repeated by ${other}\n`);
  });

  it('prints the whole answer for programs, and no control characters for people', async () => {
    expect(JSON.parse((await rig.run('audit', 'show', auditID, '-o', 'json')).out)).toEqual(body);
    body = { ...body, events: [rowOf({ user: 'eve\u001b[31m' })] };
    expect((await rig.run('audit', 'show', auditID)).out).not.toContain('\u001b');
  });

  it.each([
    [{ agent: { id: 'a1', name: 'review-bot' } }, 'by the agent review-bot from 10.1.2.3'],
    [{ workload: { name: 'ci' } }, 'of the workload ci from 10.1.2.3'],
    [{ application: 'https://headlamp.example.com' }, 'through https://headlamp.example.com from 10.1.2.3'],
  ])('says through what a person acted: %j', async (ours, words) => {
    body = { ...body, events: [rowOf({ ours })] };
    expect((await rig.run('audit', 'show', auditID)).out).toMatch(new RegExp(`Who: +alice@example.com ${words}\n`));
  });

  it('shows each of several elevations with what happened to it', async () => {
    const [one, other] = [
      { id: 'e1', name: 'incident', approvers: ['carol@example.com'] },
      { id: 'e2', name: 'break-glass' },
    ];
    const ours = { elevation: one, elevations: [one, other].map(({ id, name }) => ({ id, name })) };
    const step = (type: string, second: number, elevation: object) =>
      rowOf({ type, time: `2026-11-25T10:00:0${second}.000000Z`, user: 'alice@example.com', ours: { elevation } });
    body = {
      ...body,
      events: [rowOf({ ours })],
      elevation: [
        step('elevation.requested', 0, one),
        step('elevation.requested', 1, other),
        step('elevation.activated', 2, { ...other, ticket: 'INC-8' }),
      ],
    };
    const { out } = await rig.run('audit', 'show', auditID);
    const shown = out.split('\n').filter((line) => line.startsWith('Elevation:'));
    expect(shown).toEqual([
      'Elevation: incident e1, approved by carol@example.com, requested 2026-11-25T10:00:00.000Z by alice@example.com',
      'Elevation: break-glass e2, ticket INC-8, requested 2026-11-25T10:00:01.000Z by alice@example.com, activated 2026-11-25T10:00:02.000Z by alice@example.com',
    ]);
  });

  it('shows why an elevation was asked for, and why it ended', async () => {
    const elevation = { id: 'e1', name: 'incident', reason: 'a "look"', user: 'alice@example.com' };
    const step = (type: string, user: string, ours: object = {}) => rowOf({ type, user, ours: { elevation, ...ours } });
    body = {
      ...body,
      events: [rowOf({ ours: { elevation: { id: 'e1', name: 'incident' } } })],
      elevation: [
        step('elevation.requested', 'alice@example.com'),
        step('elevation.revoked', 'bob@example.com', { detail: 'it is over' }),
      ],
    };
    const { out } = await rig.run('audit', 'show', auditID);
    expect(out).toContain(
      'Elevation: incident e1, asked for because "a \\"look\\"", requested 2026-11-25T10:00:00.000Z by alice@example.com, revoked 2026-11-25T10:00:00.000Z by bob@example.com because "it is over"\n',
    );
  });

  it.each([
    ['logout', /, logged out 2026-11-25T10:00:03.000Z\n/],
    ['logout everywhere', /, logged out 2026-11-25T10:00:03.000Z\n/],
    ['revoked', /, revoked 2026-11-25T10:00:03.000Z by alice@example.com\n/],
  ])('tells a logout from a revocation: %s', async (detail, words) => {
    const ended = rowOf({ type: 'session.revoked', time: '2026-11-25T10:00:03.000000Z', ours: { detail } });
    body = { ...body, session: [ended] };
    expect((await rig.run('audit', 'show', auditID)).out).toMatch(words);
  });

  it('says why bytes that are not an HTTP request were refused, and how often', async () => {
    const ours = { aggregated: { count: 7 }, decision: undefined, identity: undefined };
    const event = rowOf(
      { type: 'request.unparsable', anonymous: true, ours },
      {
        objectRef: undefined,
        requestURI: '',
        verb: '',
        user: {},
        responseStatus: { code: 400, message: 'HPE_INVALID' },
      },
    );
    body = { ...body, events: [{ ...event, result: 'refused' }], session: [], elevation: [] };
    const { out } = await rig.run('audit', 'show', auditID);
    expect(out).toMatch(/\nWhat: +sent bytes that are not an HTTP request\n/);
    expect(out).toMatch(/\nResult: +refused: 400 HPE_INVALID, 7 times/);
  });

  it('says where the name of a created object is', async () => {
    const created = rowOf({ verb: 'create', requestVerb: 'create', name: undefined, resource: 'rolebindings' });
    body = { ...body, events: [created], clusterEvents: [] };
    expect((await rig.run('audit', 'show', auditID)).out).toMatch(
      /\nName: +in the body, which the gateway does not record\. The cluster's own audit log has it/,
    );
    const event = { stage: 'ResponseComplete', objectRef: { name: 'readers' } };
    body = {
      ...body,
      clusterEvents: [{ cluster: 'dev', event: { ...event, stageTimestamp: '2026-11-25T10:00:01Z' } }],
    };
    expect((await rig.run('audit', 'show', auditID)).out).toMatch(/\nName: +readers, by the cluster's own audit log\n/);
    body = { ...body, events: [rowOf({ verb: 'create', requestVerb: 'create', name: 'web', subresource: 'exec' })] };
    expect((await rig.run('audit', 'show', auditID)).out).not.toMatch(/\nName:/);
  });

  it('shows a refusal, and a request that is open', async () => {
    body = {
      ...body,
      session: [],
      elevation: [],
      events: [rowOf({ effect: 'deny', rule: 'default-deny', code: 403 })],
    };
    expect((await rig.run('audit', 'show', auditID)).out).toContain('Decision:  deny by default-deny');
    body = { ...body, events: [rowOf({ stage: 'RequestReceived' })] };
    expect((await rig.run('audit', 'show', auditID)).out).toContain('open: no end is recorded yet');
  });

  it('lists the requests if the id is ambiguous, and shows none', async () => {
    body = {
      events: [],
      session: [],
      elevation: [],
      matches: [rowOf({}), rowOf({ auditID: `${auditID.slice(0, -1)}2` })],
    };
    const { code, out, err } = await rig.run('audit', 'show', '5f0c');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`${auditID}  2026-11-25T10:00:00.000Z  alice@example.com get dev/pods`);
    expect(err).toContain('several requests begin with 5f0c');
  });

  it('says what is wrong with an id', async () => {
    expect(await rig.run('audit', 'show', 'x y')).toMatchObject({ code: 2, err: expect.stringContaining('audit-id') });
    gateway.override = () => ({ status: 404, body: { detail: 'No stored event' } });
    expect(await rig.run('audit', 'show', auditID)).toMatchObject({
      code: 5,
      err: expect.stringContaining('No stored'),
    });
    expect(asked).toEqual([]);
  });
});
