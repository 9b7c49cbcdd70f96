import { ProblemError, type Caller } from '@sallyport/kit';
import type { Request } from 'express';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { requireOwnForm } from '../calls/caller-credential.ts';
import type { ElevationAction, ElevationCalls } from '../calls/ask-elevations.ts';
import type { ApiContext } from '../calls/audited-call.ts';
import { pathOf } from './elevation-words.ts';
import { readForm, type FormFields, longest, readSpan } from './read-form.ts';
import { idOf, pageOf } from './show-elevation.ts';
import type { PageAnswer } from './serve-page.ts';

export const decisions = ['approve', 'deny', 'withdraw', 'revoke'] as const;
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
  return { action: 'extend', id, asked: { durationMs, ...(reason === undefined ? {} : { reason }) } };
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
  return { action: step, id, asked: reason === undefined ? {} : { reason } };
}

/** What the page of the elevation cannot answer: it is not shown to people who may not see it. */
const isForAnotherPage = ({ code }: ProblemError) => code === 'unauthenticated' || code === 'not-found';

/**
 * Creates what a button does. Afterwards the browser is on the page of the elevation, so that a reload repeats nothing.
 * If the step is refused, the page says why and shows what has changed.
 */
export function createTakeStep(deps: PortalDeps, calls: ElevationCalls, step: Step) {
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
