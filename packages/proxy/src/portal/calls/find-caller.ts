import type { IncomingMessage } from 'node:http';
import type { ApiArea, Check, CheckAnswer } from '@sallyport/contracts';
import { ProblemError, spanOf, type Caller } from '@sallyport/kit';
import type { CheckClient } from '../../authorize/check-client.ts';
import { requestFacts } from '../../authorize/describe-check.ts';
import { checkWithWorkload } from '../../workloads/check-with-workload.ts';
import type { PresentedToken, WorkloadSessions } from '../../workloads/workload-sessions.ts';
import type { CallerCredential } from './caller-credential.ts';

/**
 * Refuses a session in the wrong carrier. The cookie is for the login of a browser, and a bearer token for everything
 * else. So a cookie that was read out of a browser is no token of a program, and a token of a program that was planted in
 * a browser logs no one in there.
 */
function refuseWrongCarrier({ kind }: NonNullable<CheckAnswer['session']>, carrier: CallerCredential['kind']): void {
  if ((kind === 'browser') !== (carrier === 'cookie'))
    throw new ProblemError('unauthenticated', 'This login cannot be used in this way. Log in with "sallyport login".');
}

/** Creates the function that asks authorize about the caller, for every call of the gateway's own pages and API. */
export function createFindCaller(deps: {
  client: CheckClient;
  workloads?: Pick<WorkloadSessions, 'begin'> | undefined;
}) {
  /**
   * Finds the caller, and whether `api.policy` lets them act on things of other users in `area`. `serviceAccount` is the
   * name of one that the caller asks to create, and `reservedName` says whether the policy keeps it. `use` is false for
   * what continues by itself, which does not keep an idle session alive. Rejects with `unauthenticated`.
   */
  return async (
    request: IncomingMessage,
    credential: CallerCredential | undefined,
    clientAddress: string,
    area?: ApiArea,
    serviceAccount?: string,
    use?: false,
  ): Promise<{ caller: Caller; answer: CheckAnswer; reservedName?: boolean }> => {
    if (!credential) throw new ProblemError('unauthenticated', 'You are not logged in. Log in with "sallyport login".');
    const about = (target: Check['target']): Check => ({
      credential: { kind: 'token', hash: credential.hash },
      target,
      request: requestFacts(request, clientAddress),
      ...(use === false ? { use } : {}),
    });
    const { hash, workloadToken: token } = credential;
    const presented: PresentedToken | undefined =
      token === undefined ? undefined : { token, hash, clientAddress, request };
    const check = (target: Check['target']) =>
      checkWithWorkload(deps, about(target), presented, { span: spanOf(request) });
    const [self, privileged] = await Promise.all([
      check({ kind: 'self' }),
      area ? check({ kind: 'api', area, serviceAccount }) : undefined,
    ]);
    if (self.decision.effect === 'deny' && self.identity)
      throw new ProblemError('forbidden', self.problem?.detail ?? 'This credential may not do this.');
    if (self.decision.effect !== 'allow' || !self.session || !self.identity)
      throw new ProblemError(
        'unauthenticated',
        self.problem?.detail ?? 'You are not logged in. Log in with "sallyport login".',
      );
    refuseWrongCarrier(self.session, credential.kind);
    const caller: Caller = {
      session: self.session,
      identity: self.identity,
      privileged: privileged?.decision.effect === 'allow',
      clientAddress,
    };
    const { 'user-agent': userAgent } = request.headers;
    if (userAgent !== undefined) caller.userAgent = userAgent.slice(0, 256);
    // A caller without the right may still act on their own things. The event then shows the decision that allowed it.
    return {
      caller,
      answer: caller.privileged ? privileged! : self,
      reservedName: privileged?.reservedName === true,
    };
  };
}
export type FindCaller = ReturnType<typeof createFindCaller>;
