import type { ElevationOption, ElevationView } from '@sallyport/contracts';
import type { ProblemError, ServiceRequest } from '@sallyport/kit';
import { createPagesRig, pagesNow as now, type PagesRigOptions } from './pages-rig.ts';

export const minute = 60_000;
export const id = '5f0c6a1e-0000-4000-8000-000000000001';
export const home = '/.sallyport/elevations';
export const page = `${home}/${id}`;
export const evil = `"><script>alert(1)</script>\u202egnp.\u0007`;
export const form = { 'content-type': 'application/x-www-form-urlencoded' };

const viewOf = (more: Partial<ElevationView> = {}): ElevationView => ({
  id,
  name: 'prod-admin',
  cluster: 'prod-eu',
  groups: ['admins'],
  state: 'pending',
  user: 'alice@example.com',
  mine: false,
  reason: 'the shop is down',
  durationMs: 30 * minute,
  createdAt: now - minute,
  pendingUntil: now + 59 * minute,
  approvalsNeeded: 1,
  approvals: [],
  unrecorded: false,
  may: ['approve', 'deny'],
  ...more,
});
export const optionOf = (more: Partial<ElevationOption> = {}): ElevationOption => ({
  name: 'prod-admin',
  groups: ['admins'],
  maxDurationMs: 60 * minute,
  approvalsNeeded: 1,
  reason: 'required',
  ticket: { required: false, pattern: 'INC-*' },
  places: [{ cluster: 'prod-eu' }, { cluster: 'prod-us' }],
  ...more,
});

type Given = { view?: Partial<ElevationView>; options?: ElevationOption[]; fails?: Record<string, ProblemError> };
type Body = { action: string; id?: string; asked?: unknown; credential: unknown };

/** Creates the pages with an elevation and what may be asked for. `fails` names the actions that authorize refuses. */
export function createElevationPagesRig(
  { view = {}, options = [optionOf()], fails = {} }: Given = {},
  more: Pick<PagesRigOptions, 'own' | 'rulesOfPerson'> = {},
) {
  const rig = createPagesRig({
    ...more,
    answers: {
      '/v1/elevations': ({ body }: ServiceRequest) => {
        const { action } = body as Body;
        if (fails[action]) return fails[action];
        if (action === 'list') return { elevations: [viewOf(view)], omitted: 0 };
        return action === 'options' ? { options, omitted: 0 } : { elevation: viewOf(view) };
      },
    },
  });
  const actions = () => rig.calls.map(({ body }) => body as Body).map(({ action }) => action);
  const submit = (path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}) =>
    rig.post(path, { ...form, ...headers }).send(new URLSearchParams(fields).toString());
  return { ...rig, actions, submit };
}
