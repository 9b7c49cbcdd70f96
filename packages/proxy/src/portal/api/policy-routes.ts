import { ProblemError, type Caller } from '@sallyport/kit';
import type { Express } from 'express';
import type { createAuditedCall } from '../calls/audited-call.ts';
import { createCanI } from './can-i.ts';
import { createExplain } from './explain.ts';
import type { OwnApiDeps } from '../calls/portal-deps.ts';

/** Refuses a caller without the right. They learn nothing about the policy, not even that it is valid. */
function needRight(caller: Caller): void {
  if (!caller.privileged)
    throw new ProblemError('forbidden', 'You have no right to see the policy (api.policy.policy).');
}

/**
 * Mounts the addresses below `<prefix>/policy`: the policy in force, its status on each replica, reloading it, explaining
 * its decisions, and what it allows the caller.
 */
export function mountPolicy(
  app: Express,
  prefix: string,
  call: ReturnType<typeof createAuditedCall>,
  deps: Pick<OwnApiDeps, 'authorize' | 'clientCertificateOf'>,
): void {
  const { authorize } = deps;
  app.post(`${prefix}/policy/explain`, call('policy', createExplain(deps)));
  app.post(`${prefix}/policy/can-i`, call(undefined, createCanI(deps)));
  app.get(
    `${prefix}/policy`,
    call('policy', (_request, caller) => {
      needRight(caller);
      return authorize.request({ method: 'GET', path: '/v1/policy' });
    }),
  );
  app.get(
    `${prefix}/policy/status`,
    call('policy', (_request, caller) => {
      needRight(caller);
      return authorize.request({ method: 'GET', path: '/v1/policy/status' });
    }),
  );
  app.post(
    `${prefix}/policy/reload`,
    call('policy', (request, caller) => {
      needRight(caller);
      // Every replica reads its own file. A caller that sends a policy along expects something else.
      if (Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'] !== undefined)
        throw new ProblemError(
          'bad-request',
          'This call does not accept a body. Every replica reads its own file again.',
        );
      return authorize.request({ method: 'POST', path: '/v1/policy/reload' });
    }),
  );
}
