import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startFakeGateway, type FakeGateway } from '../../testing/fake-gateway.ts';
import { createRig, type Rig } from '../../testing/rig.ts';

let gateway: FakeGateway;
let rig: Rig;
let asked: Record<string, string>[];
let body: Record<string, unknown>;
const counts = (requests: number, streams = 0) => ({ requests, refused: 1, failed: 2, streams });
const held = {
  id: '5f0c6a1e-0000-4000-8000-000000000001',
  name: 'prod-admin',
  cluster: 'prod-eu',
  namespace: 'shop',
  user: 'alice@example.com',
  groups: ['admins'],
  reason: '=cmd|"x",<b>\u001b\n',
  ticket: 'INC-7',
  approvers: ['bob@example.com'],
  breakGlass: false,
  from: '2026-11-24T08:00:00.000000Z',
  until: '2026-11-24T08:30:00.000000Z',
  expiresAt: '2026-11-24T09:00:00.000Z',
  steps: [
    { type: 'requested', at: '2026-11-24T07:59:00.000000Z', user: 'alice@example.com' },
    { type: 'activated', at: '2026-11-24T08:00:00.000000Z' },
    { type: 'revoked', at: '2026-11-24T08:30:00.000000Z', user: 'bob@example.com' },
  ],
  ...counts(16, 1),
  uses: [
    { verb: 'get', resource: 'pods', ...counts(12) },
    { verb: 'delete', resource: 'pods', ...counts(3) },
    { verb: 'create', resource: 'pods/exec', ...counts(0, 1) },
    { verb: 'get', resource: '', ...counts(1) },
  ],
};
const glass = {
  ...held,
  id: '5f0c6a1e-0000-4000-8000-000000000002',
  name: 'break-glass',
  namespace: undefined,
  reason: undefined,
  approvers: [],
  breakGlass: true,
  until: undefined,
  steps: held.steps.slice(0, 2),
  review: { dueAt: '2026-11-25T09:00:00.000Z' },
  uses: [],
};

beforeEach(async () => {
  gateway = await startFakeGateway();
  rig = createRig({ now: () => Date.UTC(2026, 10, 24, 12) });
  await rig.run('login', '--gateway', gateway.origin);
  asked = [];
  const [since, until] = ['2026-10-25T12:00:00.000Z', '2026-11-24T12:00:00.000Z'];
  body = { since, until, elevations: [glass, held], omitted: 0, scope: 'all' };
  gateway.override = ({ path, query }) => {
    if (!path.endsWith('/audit/elevations')) return undefined;
    asked.push(Object.fromEntries(query));
    return { status: 200, body };
  };
});
afterEach(async () => {
  await gateway.close();
  rig.remove();
});
const run = (...args: string[]) => rig.run('elevations', 'report', ...args);
const cells = (out: string) => out.split('\n').map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));

describe('sallyport elevations report', () => {
  it('shows who had what, who approved it, and what it was used for', async () => {
    const { code, out, err } = await run('--from', '2026-11-01', '--to', '2h', '--cluster', 'prod-eu', '--user', 'x');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const query = {
      since: '2026-11-01T00:00:00.000Z',
      until: '2026-11-24T10:00:00.000Z',
      cluster: 'prod-eu',
      user: 'x',
    };
    expect(asked).toEqual([query]);
    const [heading, first, second] = cells(out);
    expect(heading).toEqual(
      'ID NAME WHERE USER STATE FROM UNTIL APPROVED-BY REVIEW REQUESTS REFUSED FAILED STREAMS USED-FOR REASON TICKET'.split(
        ' ',
      ),
    );
    expect(first!.slice(1, 9)).toEqual([
      'break-glass',
      'prod-eu',
      'alice@example.com',
      'active',
      '2026-11-24T08:00:00Z',
      '2026-11-24T09:00:00Z',
      'break-glass',
      'due 2026-11-25T09:00:00Z',
    ]);
    expect(second!.slice(4, 12)).toEqual([
      'revoked',
      '2026-11-24T08:00:00Z',
      '2026-11-24T08:30:00Z',
      'bob@example.com',
      '16',
      '1',
      '2',
      '1',
    ]);
    expect(out).toContain('12 get pods, 3 delete pods, 1 create pods/exec, 1 more');
    expect(out).not.toContain('\u001b');
  });

  it('shows the state of a request that never became a right, and the verdict of a review', async () => {
    const denied = {
      ...held,
      from: undefined,
      until: undefined,
      steps: [held.steps[0]!, { ...held.steps[2]!, type: 'denied' }],
    };
    const pending = { ...denied, steps: denied.steps.slice(0, 1) };
    const reviewed = {
      ...held,
      review: { verdict: 'justified' },
      steps: [...held.steps, { type: 'reviewed', at: '2026-11-24T10:00:00.000000Z', user: 'carol@example.com' }],
    };
    const overdue = { ...held, steps: [...held.steps, { type: 'review-overdue', at: '2026-11-26T10:00:00.000000Z' }] };
    body = { ...body, elevations: [denied, pending, reviewed, overdue] };
    const [, ...rows] = cells((await run()).out);
    expect(rows.map((row) => row[4])).toEqual(expect.arrayContaining(['denied', 'pending', 'revoked', 'revoked']));
    expect(rows[2]).toContain('justified by carol@example.com');
    expect(rows[3]).toContain('overdue');
  });

  it.each([
    ['all', ['pending', 'active', 'approved', 'revoked']],
    ['own', ['unknown', 'unknown', 'unknown', 'revoked']],
  ])('claims no state that an older gateway does not show (scope %s)', async (scope, states) => {
    const [requested, activated, revoked] = held.steps;
    const of = (...steps: unknown[]) => ({ ...held, until: undefined, steps });
    const approved = { ...activated, type: 'approved' };
    body = {
      ...body,
      scope,
      elevations: [of(requested), of(requested, activated), of(requested, approved), of(requested, revoked)],
    };
    expect(
      cells((await run()).out)
        .slice(1, 5)
        .map((row) => row[4]),
    ).toEqual(states);
  });

  it('shows the state that the gateway tells', async () => {
    body = {
      ...body,
      scope: 'own',
      elevations: [
        { ...glass, state: 'expired' },
        { ...held, state: 'unknown' },
      ],
    };
    expect(
      cells((await run()).out)
        .slice(1, 3)
        .map((row) => row[4]),
    ).toEqual(['expired', 'unknown']);
    expect(JSON.parse((await run('-o', 'json')).out)).toMatchObject({
      elevations: [{ state: 'expired' }, { state: 'unknown' }],
    });
  });

  it('writes tables for other programs, in which names from clients are harmless', async () => {
    const csv = (await run('-o', 'csv')).out.split('\n');
    expect(csv[0]).toBe(
      'id,name,where,user,state,from,until,approved-by,review,groups,reason,ticket,requests,refused,failed,streams,used-for',
    );
    const whole = (await run('-o', 'csv')).out;
    expect(whole).toContain(`"'=cmd|""x"",<b>\\x1b\\x0a"`);
    expect(whole.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(whole).toContain('"12 get pods, 3 delete pods, 1 create pods/exec, 1 get"');
    const markdown = (await run('-o', 'markdown', '--no-headers')).out;
    expect(markdown).toContain('\\<b\\>');
    expect(markdown.split('\n').filter((line) => line.startsWith('| '))).toHaveLength(2);
    expect(JSON.parse((await run('-o', 'json')).out)).toEqual(JSON.parse(JSON.stringify(body)));
  });

  it('says whose elevations these are, that there are none, and that there are more', async () => {
    body = { ...body, elevations: [], scope: 'own', omitted: 3 };
    const { code, out, err } = await run();
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('these are your own events');
    expect(err).toContain('There was no elevation from 2026-10-25T12:00:00.000Z to 2026-11-24T12:00:00.000Z.');
    expect(err).toContain('3 older ones are not listed');
  });

  it('says what is wrong with a time', async () => {
    expect(await run('--from', 'soon')).toMatchObject({
      code: 2,
      err: expect.stringContaining('"soon" is not a time'),
    });
  });
});
