import { ProblemError, type Caller } from '@sallyport/kit';
import type { Express, Request } from 'express';
import type { ElevationView, ElevationOption } from '@sallyport/contracts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { createElevationCalls, type ElevationCalls, type ElevationAction } from '../calls/ask-elevations.ts';
import type { AuditedCall, ApiContext } from '../calls/audited-call.ts';
import { elevationsPath, pathOf } from './elevation-words.ts';
import { renderList } from './render-list.ts';
import { readElevatedRights } from '../api/elevated-rights.ts';
import { servePage, type PageAnswer } from './serve-page.ts';
import { renderElevation, titleOf } from './render-elevation.ts';
import { noticeOf } from './render-rows.ts';
import { requireOwnForm } from '../calls/caller-credential.ts';
import { readForm, type FormFields, readRequestFields, requestFields, longest, readSpan } from './read-form.ts';
import { renderRequestForm } from './render-request-form.ts';
import { only } from './only.ts';

/** Finds what the form is for. What does not exist and what the caller may not ask for get the same answer. */
async function findOption(request: Request, context: ApiContext, calls: ElevationCalls): Promise<ElevationOption> {
  const { options } = await calls.options(request, context);
  const option = options.find(({ name }) => name === request.params['name']);
  if (!option) throw new ProblemError('not-found', 'There is no elevation with this name that you may ask for.');
  return option;
}

function formOf(option: ElevationOption, fields: FormFields, fault?: { status: number; detail: string }): PageAnswer {
  return {
    status: fault?.status ?? 200,
    detail: fault?.detail,
    body: { title: `Ask for ${option.name}`, content: renderRequestForm(option, fields, fault?.detail) },
  };
}

/** Creates the page with the form that asks for an elevation. */
function createShowRequestForm(calls: ElevationCalls) {
  return async (request: Request, _caller: Caller, context: ApiContext): Promise<PageAnswer> =>
    formOf(await findOption(request, context, calls), new Map());
}

/**
 * Creates the handler of the form. If the request is refused, the form is shown again with what was filled in, and why.
 */
function createSendRequest(deps: PortalDeps, calls: ElevationCalls) {
  return async (request: Request, _caller: Caller, context: ApiContext): Promise<PageAnswer> => {
    requireOwnForm(request, context.credential, deps.origin);
    const fields = await readForm(request, requestFields);
    const option = await findOption(request, context, calls);
    const read = readRequestFields(fields, option);
    if ('fault' in read) return formOf(option, fields, { status: 400, detail: read.fault });
    try {
      const { id } = await calls.one(request, context, { action: 'request', asked: read.asked });
      return { status: 303, body: { location: `${pathOf(id)}?done=request` } };
    } catch (fault) {
      if (!(fault instanceof ProblemError) || fault.code === 'unauthenticated') throw fault;
      return formOf(option, fields, fault);
    }
  };
}

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

/** Returns the address of a new login with the same provider, after which the browser is back on the page. */
function loginAgain({ id, freshLogin }: ElevationView, { identity }: Caller, loginOrigin: string): string {
  const query = new URLSearchParams({ return_to: pathOf(id), max_age: '0', provider: identity.provider });
  if (freshLogin && freshLogin.acrValues.length > 0) query.set('acr_values', freshLogin.acrValues.join(' '));
  return `${loginOrigin}/.sallyport/login?${query.toString()}`;
}

/** Returns the page of an elevation. `fault` is why the last click has done nothing. */
async function pageOf(
  view: ElevationView,
  caller: Caller,
  deps: PortalDeps,
  said: { notice?: string | undefined; fault?: ProblemError } = {},
): Promise<PageAnswer> {
  const { landing } = deps;
  const { notice, fault } = said;
  // The words of the refusal are for the command line. The page has its own, next to the button.
  const note = fault?.code === 'forbidden' && view.freshLogin ? 'This needs another login first.' : fault?.detail;
  const content = renderElevation(view, {
    note: note ?? notice,
    isFault: fault !== undefined,
    loginAgain: loginAgain(view, caller, landing.loginOrigin),
    rights: await readElevatedRights(view, deps),
    now: landing.now(),
  });
  return {
    status: fault?.status ?? 200,
    detail: fault?.detail,
    body: { title: titleOf(view), content },
  };
}

/** Creates the page of one elevation. It only reads. */
function createShowElevation(deps: PortalDeps, calls: ElevationCalls) {
  return async (request: Request, caller: Caller, context: ApiContext): Promise<PageAnswer> =>
    pageOf(await calls.one(request, context, { action: 'show', id: idOf(request) }), caller, deps, {
      notice: noticeOf(request, notices),
    });
}

/** Returns the ID in the address. What cannot be one is answered like one that does not exist. */
function idOf({ params }: Request): string {
  const id = String(params['id']);
  if (!/^[A-Za-z0-9-]{1,64}$/.test(id))
    throw new ProblemError('not-found', 'There is no elevation with this ID, or you may not see it.');
  return id;
}

const decisions = ['approve', 'deny', 'withdraw', 'revoke'] as const;
type Step = (typeof decisions)[number] | 'extend' | 'review';

function checkText(text: string | undefined, what: string): void {
  if ((text ?? '').length > longest.reason)
    throw new ProblemError('bad-request', `The ${what} is too long. It can have ${longest.reason} characters.`);
}

function extensionOf(id: string, fields: FormFields): ElevationAction {
  const durationMs = readSpan(fields.get('for') ?? '');
  if (durationMs === undefined || durationMs < 1000)
    throw new ProblemError('bad-request', 'Enter how much longer you need it, such as 15m.');
  const reason = fields.get('reason');
  checkText(reason, 'reason');
  return { action: 'extend', id, asked: { durationMs, reason } };
}

function reviewOf(id: string, fields: FormFields): ElevationAction {
  const comment = fields.get('comment');
  const verdict = fields.get('verdict');
  if (comment === undefined) throw new ProblemError('bad-request', 'Enter what you found.');
  checkText(comment, 'comment');
  if (verdict !== 'justified' && verdict !== 'unjustified')
    throw new ProblemError('bad-request', 'Say whether it was justified, by one of the two buttons.');
  return { action: 'review', id, asked: { verdict, comment } };
}

async function readStep(request: Request, step: Step): Promise<ElevationAction> {
  const id = idOf(request);
  if (step === 'extend') return extensionOf(id, await readForm(request, ['for', 'reason']));
  if (step === 'review') return reviewOf(id, await readForm(request, ['comment', 'verdict']));
  const reason = (await readForm(request, ['note'])).get('note');
  checkText(reason, 'note');
  return { action: step, id, asked: { reason } };
}

/** What the page of the elevation cannot answer: it is not shown to people who may not see it. */
const isForAnotherPage = ({ code }: ProblemError) => code === 'unauthenticated' || code === 'not-found';

/**
 * Creates the handler of a button. Afterwards the browser is on the page of the elevation, so that a reload repeats
 * nothing. If the step is refused, the page says why and shows what has changed.
 */
function createTakeStep(deps: PortalDeps, calls: ElevationCalls, step: Step) {
  return async (request: Request, caller: Caller, context: ApiContext): Promise<PageAnswer> => {
    requireOwnForm(request, context.credential, deps.origin);
    try {
      const { id } = await calls.one(request, context, await readStep(request, step));
      return { status: 303, body: { location: `${pathOf(id)}?done=${step}` } };
    } catch (fault) {
      if (!(fault instanceof ProblemError) || isForAnotherPage(fault)) throw fault;
      const view = await calls.one(request, context, { action: 'show', id: idOf(request) }).catch(() => undefined);
      if (view === undefined) throw fault;
      return pageOf(view, caller, deps, { fault });
    }
  };
}

/**
 * Mounts the pages of elevations for browsers: the list, the form that asks for one, the page of each, and what their
 * buttons do. Each is a view of a call of the API: a GET only reads, and a button is a POST of our own page.
 */
export function mountElevationPages(app: Express, call: AuditedCall, deps: PortalDeps): void {
  const calls = createElevationCalls(deps);
  const list = servePage(deps, call, async (request, _caller, context) => {
    const [elevations, options] = await Promise.all([calls.list(request, context), calls.options(request, context)]);
    return { status: 200, body: { title: 'Elevations', content: renderList(elevations, options, deps.landing.now()) } };
  });
  app.all(elevationsPath, only('GET', 'HEAD'), list);
  const form = servePage(deps, call, createShowRequestForm(calls));
  const send = servePage(deps, call, createSendRequest(deps, calls));
  app.all(`${elevationsPath}/new/:name`, only('GET', 'HEAD', 'POST'), (request, response, next) =>
    (request.method === 'POST' ? send : form)(request, response, next),
  );
  app.all(`${elevationsPath}/:id`, only('GET', 'HEAD'), servePage(deps, call, createShowElevation(deps, calls)));
  const toElevation = (path: string) => path.slice(0, path.lastIndexOf('/'));
  for (const step of [...decisions, 'extend', 'review'] as const)
    app.all(
      `${elevationsPath}/:id/${step}`,
      only('POST'),
      servePage(deps, call, createTakeStep(deps, calls, step), { back: toElevation }),
    );
}
