import type { ElevationOption } from '@sallyport/contracts';
import { ProblemError, type Caller } from '@sallyport/kit';
import type { Request } from 'express';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { requireOwnForm } from '../calls/caller-credential.ts';
import type { ApiContext } from '../calls/audited-call.ts';
import type { ElevationCalls } from '../calls/ask-elevations.ts';
import { pathOf } from './elevation-words.ts';
import { readForm, type FormFields, readRequestFields, requestFields } from './read-form.ts';
import { renderRequestForm } from './render-request-form.ts';
import type { PageAnswer } from './serve-page.ts';

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
    ...(fault ? { detail: fault.detail } : {}),
    body: { title: `Ask for ${option.name}`, content: renderRequestForm(option, fields, fault?.detail) },
  };
}

/** Creates what shows the form that asks for an elevation. */
export function createShowRequestForm(calls: ElevationCalls) {
  return async (request: Request, _caller: Caller, context: ApiContext): Promise<PageAnswer> =>
    formOf(await findOption(request, context, calls), new Map());
}

/** Creates what the form does. If the request is refused, the form is shown again with what was filled in, and why. */
export function createSendRequest(deps: PortalDeps, calls: ElevationCalls) {
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
