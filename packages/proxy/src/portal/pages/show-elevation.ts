import type { ElevationView } from '@sallyport/contracts';
import { ProblemError, type Caller } from '@sallyport/kit';
import type { Request } from 'express';
import type { PortalDeps } from '../calls/portal-deps.ts';
import type { ApiContext } from '../calls/audited-call.ts';
import type { ElevationCalls } from '../calls/ask-elevations.ts';
import { pathOf } from './elevation-words.ts';
import { renderElevation, titleOf } from './render-elevation.ts';
import type { PageAnswer } from './serve-page.ts';

/** What the page says after a click. The name of the notice is in the address that the click leads to. */
const notices: Readonly<Record<string, string>> = {
  request: 'You have asked for this.',
  extend: 'You have asked for more time.',
  approve: 'You have approved this.',
  deny: 'You have denied this.',
  withdraw: 'You have withdrawn this.',
  review: 'You have reviewed this.',
  revoke: 'You have ended this. Streams that use it are cut within a second.',
};

/** Returns the notice of a click on our own page. A link from elsewhere cannot make the page claim anything. */
function noticeOf({ query, headers }: Request): string | undefined {
  const { done } = query;
  if (headers['sec-fetch-site'] !== 'same-origin' || typeof done !== 'string') return undefined;
  return Object.hasOwn(notices, done) ? notices[done] : undefined;
}

/** Returns the address of a new login with the same provider, after which the browser is back on the page. */
function loginAgain({ id, freshLogin }: ElevationView, { identity }: Caller, loginOrigin: string): string {
  const query = new URLSearchParams({ return_to: pathOf(id), max_age: '0', provider: identity.provider });
  if (freshLogin && freshLogin.acrValues.length > 0) query.set('acr_values', freshLogin.acrValues.join(' '));
  return `${loginOrigin}/.sallyport/login?${query.toString()}`;
}

/** Returns the page of an elevation. `fault` is why the last click has done nothing. */
export function pageOf(
  view: ElevationView,
  caller: Caller,
  { landing }: PortalDeps,
  said: { notice?: string | undefined; fault?: ProblemError } = {},
): PageAnswer {
  const { notice, fault } = said;
  // The words of the refusal are for the command line. The page has its own, next to the button.
  const note = fault?.code === 'forbidden' && view.freshLogin ? 'This needs another login first.' : fault?.detail;
  const content = renderElevation(view, {
    note: note ?? notice,
    isFault: fault !== undefined,
    loginAgain: loginAgain(view, caller, landing.loginOrigin),
    now: landing.now(),
  });
  return {
    status: fault?.status ?? 200,
    ...(fault ? { detail: fault.detail } : {}),
    body: { title: titleOf(view), content },
  };
}

/** Creates what shows one elevation. It only reads. */
export function createShowElevation(deps: PortalDeps, calls: ElevationCalls) {
  return async (request: Request, caller: Caller, context: ApiContext): Promise<PageAnswer> =>
    pageOf(await calls.one(request, context, { action: 'show', id: idOf(request) }), caller, deps, {
      notice: noticeOf(request),
    });
}

/** Returns the ID in the address. What cannot be one is answered like one that does not exist. */
export function idOf({ params }: Request): string {
  const id = String(params['id']);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id))
    throw new ProblemError('not-found', 'There is no elevation with this ID, or you may not see it.');
  return id;
}
