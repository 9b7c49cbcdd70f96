import { expect, it } from '@jest/globals';
import type { ElevationView } from '@sallyport/contracts';
import { ProblemError, type ServiceRequest } from '@sallyport/kit';
import { createPagesRig, pagesNow as now } from '../../testing/pages-rig.ts';

const minute = 60_000;
const viewOf = (more: Partial<ElevationView>): ElevationView => ({
  id: `id-${more.name ?? 'some'}`,
  name: 'some',
  cluster: 'prod-eu',
  groups: ['admins'],
  state: 'pending',
  user: 'bob@example.com',
  mine: false,
  durationMs: 30 * minute,
  createdAt: now,
  pendingUntil: now + minute,
  approvalsNeeded: 1,
  approvals: [],
  unrecorded: false,
  may: [],
  ...more,
});

async function textOf(elevations: ElevationView[] | ProblemError, mayAsk = false) {
  const { get } = createPagesRig({
    answers: {
      '/v1/clusters': { clusters: [] },
      '/v1/sessions': { sessions: [] },
      '/v1/streams': { streams: [], missing: [], omitted: 0 },
      '/v1/elevations': ({ body }: ServiceRequest) => {
        if (elevations instanceof ProblemError) return elevations;
        const option = { name: 'x', groups: [], maxDurationMs: 1, approvalsNeeded: 1, reason: 'required' };
        return (body as { action: string }).action === 'list'
          ? { elevations, omitted: 0 }
          : { options: mayAsk ? [{ ...option, ticket: { required: false }, places: [] }] : [], omitted: 0 };
      },
    },
  });
  return (await get().expect(200)).text;
}

it('shows nothing about elevations to people who have none and may ask for none', async () => {
  expect(await textOf([])).not.toMatch(/levation/);
});

it('leads to the page that asks for one, if there is one to ask for', async () => {
  const text = await textOf([], true);
  expect(text).toContain('You have no elevation, and wait for none.');
  expect(text).toContain('<a href="/.sallyport/elevations">Ask for more rights for a limited time</a>');
});

it("shows one's own with their ends, and at the top how many wait for one's decision", async () => {
  const text = await textOf([
    viewOf({ name: 'mine', mine: true, state: 'active', expiresAt: now + 20 * minute }),
    viewOf({ name: 'theirs', may: ['approve', 'deny'] }),
    viewOf({ name: 'stale', freshLogin: { acrValues: [] } }),
  ]);
  expect(text).toContain('2 elevations wait for your decision');
  expect(text.indexOf('wait for your decision')).toBeLessThan(text.indexOf('<dt>User</dt>'));
  expect(text).toMatch(/id-mine.*active until .* \(in 20 minutes\)/s);
  expect(text).not.toContain('Break-glass');
});

it('warns of a right without approval for as long as it is active', async () => {
  const glass = viewOf({ name: 'glass', mine: true, breakGlass: true, state: 'active', expiresAt: now + minute });
  expect(await textOf([glass])).toMatch(
    /class="note"><strong>Break-glass: <bdi>glass<\/bdi><\/strong> is active on prod-eu until/,
  );
  for (const more of [{ mine: false }, { state: 'expired' as const }, { breakGlass: false }])
    expect(await textOf([{ ...glass, ...more }])).not.toContain('Break-glass');
});

it('is shown without elevations while they are not available', async () => {
  const text = await textOf(new ProblemError('sessions-unavailable', 'Redis does not answer.'));
  expect(text).toMatch(/<h2>Elevations<\/h2>\n<p class="note">This list is not available/);
  expect(text).toContain('<h2>Clusters</h2>');
});

it('is shown without elevations where authorize is of an earlier version', async () => {
  for (const code of ['bad-request', 'not-found'] as const) {
    const text = await textOf(new ProblemError(code, 'action: Invalid input'));
    expect(text).toContain('<h2>Clusters</h2>');
    expect(text).not.toContain('Elevations');
  }
});

it('says how many wait for a review, and who must review what the reader has', async () => {
  const review = { groups: ['auditors<b>'], dueAt: now + 60 * minute, overdue: false };
  const over = { state: 'expired' as const, breakGlass: true };
  const text = await textOf([
    viewOf({ ...over, name: 'one', may: ['review'], review }),
    viewOf({ ...over, name: 'two', may: ['review'], review: { ...review, dueAt: now - minute, overdue: true } }),
    viewOf({ ...over, name: 'stale', review, freshLogin: { acrValues: [] } }),
    viewOf({ name: 'own', mine: true, state: 'active', expiresAt: now + minute, breakGlass: true, review }),
  ]);
  expect(text).toContain('3 elevations wait for your review</a>, 1 overdue');
  expect(text).toMatch(/Review: due at .*, by someone of <bdi>auditors&lt;b&gt;<\/bdi>\. <a/);
  expect(text.indexOf('id-two')).toBeLessThan(text.indexOf('id-one'));
});

it('does not ask those who may only deny', async () => {
  expect(await textOf([viewOf({ may: ['deny'] })])).not.toContain('for your decision');
});

it('stays short with many', async () => {
  const text = await textOf(Array.from({ length: 200 }, (_none, at) => viewOf({ name: `n${at}`, mine: true })));
  expect(text.match(/id-n/g)).toHaveLength(10);
  expect(text).toContain('And 190 more.');
});
