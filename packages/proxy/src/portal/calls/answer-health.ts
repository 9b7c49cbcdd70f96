import { ProblemError } from '@sallyport/kit';
import type { RequestHandler } from 'express';
import { carriesPomerium } from '../../credential/read-carriers.ts';
import type { PortalDeps } from './portal-deps.ts';
import { acceptedTokens, readCallerCredential } from './caller-credential.ts';
import { createRecordRefusal } from './with-caller.ts';

/**
 * Answers `/healthz` and `/livez` with `ok`. Pomerium's clients check here whether their token is still valid, and log in
 * again unless the answer is 2xx. So an invalid token gets 401. An outage does not, because a login would not help. The
 * requests that follow are authorized as always.
 */
export function answerHealth(
  deps: Pick<PortalDeps, 'findCaller' | 'clientAddress' | 'auditCall' | 'pomerium'>,
): RequestHandler {
  const recordRefusal = createRecordRefusal(deps);
  return async (request, response) => {
    if (carriesPomerium(request.rawHeaders)) {
      try {
        const lines = (name: string) => request.headersDistinct[name]?.length ?? 0;
        if (lines('authorization') > 1 || lines('x-pomerium-authorization') > 1)
          throw new ProblemError('ambiguous-credential', 'A header that carries a credential appears twice.');
        delete request.headers.cookie;
        await deps.findCaller(
          request,
          readCallerCredential(request, true, acceptedTokens(deps)),
          deps.clientAddress(request),
        );
      } catch (error) {
        const refused =
          error instanceof ProblemError && (error.code === 'unauthenticated' || error.code === 'ambiguous-credential');
        if (refused) recordRefusal(request, error);
        if (refused && error.code === 'unauthenticated') response.set('www-authenticate', 'Bearer realm="sallyport"');
        if (refused) throw error;
      }
    }
    response.type('text/plain').send('ok');
  };
}
