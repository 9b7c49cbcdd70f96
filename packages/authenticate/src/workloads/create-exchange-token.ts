import type { Session } from '@sallyport/contracts';
import { hashToken, ProblemError, type ClientFacts } from '@sallyport/kit';
import type { SingleUseStore } from '@sallyport/stores';
import { beginWithToken } from '../session/begin-with-token.ts';
import { identifyWorkload } from './identify-workload.ts';
import type { createOpenWorkloadSession, OpenWorkloadSessionDeps, Presented } from './open-workload-session.ts';
import { refusedToken, parseWorkloadToken } from './parse-workload-token.ts';

/** The address that workloads call. */
const path = '/.sallyport/token';
/** How often one token can be exchanged, so that its holder cannot fill the store. */
const maxExchanges = 20;

type ExchangeDeps = OpenWorkloadSessionDeps & {
  open: ReturnType<typeof createOpenWorkloadSession>;
  singleUse: Pick<SingleUseStore, 'count'>;
  randomToken: () => string;
  randomId: () => string;
};

function sessionOf(deps: ExchangeDeps, parent: Session, hash: string, facts: ClientFacts): Session {
  const createdAt = deps.now();
  const { identity, expiresAt } = parent;
  return {
    version: 2,
    id: deps.randomId(),
    kind: 'workload',
    identity,
    createdAt,
    expiresAt,
    idleMs: Math.max(1, expiresAt - createdAt),
    ...facts,
    parent: { id: parent.id, hash },
  };
}

/**
 * Creates the exchange of the token of a workload for one of the gateway. The new session is a child of that of the
 * token, so that the end of either the token or its session ends it. Each exchange verifies the token again.
 */
export function createExchangeToken(deps: ExchangeDeps) {
  const { open, verify, workloads, events, now } = deps;
  return async (presented: Omit<Presented, 'path'>): Promise<{ token: string; session: Session }> => {
    const { token: given, clusters, facts } = presented;
    const parsed = parseWorkloadToken(given);
    if (typeof parsed === 'string') throw refusedToken(parsed);
    const { workload } = identifyWorkload(workloads, await verify(parsed, clusters), now());
    const parent = await open({ ...presented, path });
    if ((await deps.singleUse.count('token-exchange', parent.id, parent.expiresAt - now())) > maxExchanges)
      throw new ProblemError('too-many-requests', `This token was exchanged ${maxExchanges} times, the maximum.`);
    const session = sessionOf(deps, parent, hashToken(given), facts);
    events.requireRoomForToken();
    const token = await beginWithToken(deps, session, path, () =>
      events.workloadStarted(session, {
        workload,
        path,
        detail: `in exchange for the token of the session ${parent.id}`,
      }),
    );
    return { token, session };
  };
}
