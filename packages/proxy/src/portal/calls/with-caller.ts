import { encodeCaller, ProblemError } from '@sallyport/kit';
import type { Request, RequestHandler } from 'express';
import { createRecordRefusal } from './api-events.ts';
import type { PortalDeps } from './portal-deps.ts';
import { acceptedTokens, readCallerCredential, refuseForeignOrigin } from './caller-credential.ts';

/** Adds the caller, if there is one, to a request for the pages of authenticate. Refusals are recorded. */
export function withCaller(deps: PortalDeps): RequestHandler {
  const findCaller = async (request: Request, clientAddress: string) => {
    const credential = readCallerCredential(request, deps.origin.startsWith('https:'), acceptedTokens(deps));
    refuseForeignOrigin(request, credential, deps.origin);
    if (!credential) return undefined;
    return deps.findCaller(request, credential, clientAddress).catch((error: unknown) => {
      // An ended session on a page is not an error: the user is shown the login.
      if (error instanceof ProblemError && error.code === 'unauthenticated' && credential.kind === 'cookie')
        return undefined;
      throw error;
    });
  };
  const recordRefusal = createRecordRefusal(deps);
  return async (request, response, next) => {
    try {
      const found = await findCaller(request, deps.clientAddress(request));
      if (found) response.locals.caller = encodeCaller(found.caller);
    } catch (error) {
      recordRefusal(request, error);
      throw error;
    }
    next();
  };
}
