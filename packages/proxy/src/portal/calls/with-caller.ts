import { encodeCaller, ProblemError, toProblem } from '@sallyport/kit';
import type { Request, RequestHandler } from 'express';
import type { PortalDeps } from './portal-deps.ts';
import { acceptedTokens, readCallerCredential, refuseForeignOrigin } from './caller-credential.ts';

/** Creates what records the refusal of a request that is not an API call. */
export function createRecordRefusal(deps: Pick<PortalDeps, 'auditCall' | 'clientAddress'>) {
  return (request: Request, error: unknown): void => {
    const { status, detail } = toProblem(error);
    deps.auditCall.complete({
      request,
      path: request.originalUrl.split('?', 1)[0]!,
      clientAddress: deps.clientAddress(request),
      answer: undefined,
      status,
      detail,
    });
  };
}

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
