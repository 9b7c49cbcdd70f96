import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { elevation, elevationId as id } from '../testing/elevation.ts';
import { startFakeGateway, type FakeGateway } from '../testing/fake-gateway.ts';
import { createRig, type Rig } from '../testing/rig.ts';

const dueAt = Date.parse('2026-11-02T08:00:00Z');
const breakGlass = (more: object = {}) =>
  elevation({
    name: 'break-glass',
    state: 'active',
    activeFrom: 0,
    expiresAt: 1_800_000,
    approvalsNeeded: 0,
    breakGlass: true,
    review: { groups: ['security-auditors'], dueAt, overdue: false },
    may: ['revoke', 'extend'],
    ...more,
  });
const toReview = (more: object = {}) =>
  breakGlass({
    mine: false,
    state: 'expired',
    ended: { at: 1_800_000 },
    may: ['review'],
    review: { groups: ['security-auditors'], dueAt, overdue: true },
    ...more,
  });

let rig: Rig;
let gateway: FakeGateway;
let listed: object[];
let sent: { path: string; body: string }[];
beforeEach(async () => {
  rig = createRig();
  gateway = await startFakeGateway();
  listed = [breakGlass()];
  sent = [];
  expect(await rig.run('login', gateway.origin)).toMatchObject({ code: 0 });
  gateway.override = ({ method, path, query, body }) => {
    if (!path.startsWith('/.sallyport/api/v1/elevations')) return undefined;
    const search = query.size > 0 ? `?${query.toString()}` : '';
    sent.push({ path: `${path.slice('/.sallyport/api/v1'.length)}${search}`, body });
    if (method === 'GET') return { status: 200, body: { elevations: listed, omitted: 0 } };
    return { status: 200, body: { elevation: listed[0] } };
  };
});
afterEach(async () => {
  rig.remove();
  await gateway.close();
});

const banner =
  'BREAK-GLASS: break-glass on prod is active until 1970-01-01T00:30:00Z.\n' +
  'Everything you do is recorded. Someone of security-auditors must review it by 2026-11-02T08:00:00Z.\n';

describe('active break-glass', () => {
  it.each([['whoami'], ['status'], ['elevate', 'break-glass', '--cluster', 'prod', '--for', '30m', '--reason', 'x']])(
    'is announced by %s with its end and its review, and not in the output for programs',
    async (...command) => {
      const { code, out, err } = await rig.run(...command);
      expect([code, err]).toEqual([0, expect.stringContaining(banner)]);
      expect(out).toContain('break-glass on prod');
      const forPrograms = await rig.run(...command, '-o', 'json');
      expect(forPrograms.err).not.toContain('BREAK-GLASS');
    },
  );

  it('is in the output of whoami and status for programs', async () => {
    for (const command of ['whoami', 'status']) {
      const { out } = await rig.run(command, '-o', 'json');
      expect(JSON.parse(out)).toMatchObject({
        elevations: [{ id, breakGlass: true, review: { dueAt: '2026-11-02T08:00:00.000Z', overdue: false } }],
      });
    }
  });

  it('is not announced for an elevation that was approved, or that is someone else’s', async () => {
    listed = [breakGlass({ breakGlass: false }), breakGlass({ mine: false })];
    for (const command of ['whoami', 'status']) expect((await rig.run(command)).err).not.toContain('BREAK-GLASS');
  });

  it('is announced without reviewers if the configuration names a policy or no review', async () => {
    listed = [breakGlass({ review: { dueAt, overdue: false } }), breakGlass({ review: undefined })];
    const { err } = await rig.run('whoami');
    expect(err).toContain('Everything you do is recorded. Someone else must review it by 2026-11-02T08:00:00Z.\n');
    expect(err).toContain('Everything you do is recorded.\n');
  });
});

describe('what the user has to review', () => {
  it('is a reminder of whoami, status and the list of elevations', async () => {
    listed = [toReview(), toReview({ review: { dueAt, overdue: false } })];
    for (const command of [['whoami'], ['status'], ['elevations', 'list']])
      expect((await rig.run(...command)).err).toContain(
        '2 elevations wait for your review, 1 overdue. Run: sallyport elevations list --to-review\n',
      );
  });

  it('is listed by when it is due, with a warning if it is overdue, safe for a terminal', async () => {
    listed = [toReview()];
    const { code, out, err } = await rig.run('elevations', 'list', '--to-review');
    expect(sent.at(-1)!.path).toBe('/elevations?toReview=true');
    expect([code, err]).toEqual([0, 'Warning: 1 review is overdue.\n']);
    expect(out).toMatch(/DUE +OVERDUE/);
    expect(out).toContain('2026-11-02T08:00:00Z');
    expect(out).not.toContain('\u001b');
    listed = [];
    expect(await rig.run('elevations', 'list', '--to-review')).toMatchObject({
      out: '',
      err: 'Nothing waits for your review.\n',
    });
    expect(await rig.run('elevations', 'list', '--to-review', '--all')).toMatchObject({ code: 2 });
  });
});

describe('sallyport elevations review', () => {
  it('sends the comment and the verdict, by the beginning of an id', async () => {
    listed = [toReview({ review: { dueAt, overdue: false } })];
    expect(await rig.run('elevations', 'review', '5f0c', '--reason', 'INC-7')).toMatchObject({
      code: 0,
      out: `break-glass of alice@example.com on prod is reviewed as justified (${id}).\n`,
      err: '',
    });
    expect(sent.at(-1)).toEqual({
      path: `/elevations/${id}/review`,
      body: '{"verdict":"justified","comment":"INC-7"}',
    });
  });

  it('says how to end what is unjustified and still active, and that the trail has to wait', async () => {
    listed = [breakGlass({ mine: false, unrecorded: true })];
    const command = ['elevations', 'review', id, '--comment', 'no incident', '--verdict', 'unjustified'];
    const { out, err } = await rig.run(...command);
    expect(out).toContain('is reviewed as unjustified');
    expect(err).toContain(`It is still active. To end it, run: sallyport elevations revoke ${id}\n`);
    expect(err).toContain('The audit log could not be reached. It gets this step later.\n');
  });

  it.each([
    [['review', id], '--reason is missing'],
    [['review', id, '--comment', 'x', '--verdict', 'fine'], 'Allowed choices are justified, unjustified'],
  ])('refuses %j', async (command, text) => {
    const { code, err } = await rig.run('elevations', ...command);
    expect([code, err]).toEqual([2, expect.stringContaining(text)]);
  });

  it('is shown with its elevation', async () => {
    const done = { user: 'carol@example.com', at: dueAt, verdict: 'justified', comment: 'INC-7\u001b[2J' };
    const states: [object, string][] = [
      [{ overdue: false, done }, 'justified, by carol@example.com at 2026-11-02T08:00:00Z: INC-7'],
      [{ overdue: true, dueAt, groups: ['a', 'b'] }, 'overdue since 2026-11-02T08:00:00Z by a or b'],
      [{ overdue: false, dueAt }, 'due until 2026-11-02T08:00:00Z'],
      [{ overdue: false, groups: ['a'] }, 'needed by a after its end'],
    ];
    for (const [review, text] of states) {
      gateway.override = ({ path }) =>
        path.includes('/elevations/') ? { status: 200, body: { elevation: breakGlass({ review }) } } : undefined;
      const { out } = await rig.run('elevations', 'show', id);
      expect(out).toContain(`Review:    ${text}`);
      expect(out).toContain('Kind:      break-glass');
      expect(out).not.toContain('\u001b');
    }
  });
});
