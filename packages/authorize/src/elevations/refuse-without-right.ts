import type { Elevation, ElevationCall } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { approversChanged, needsFreshLogin } from './elevation-problems.ts';
import { mayRevoke, type Relation } from './view-elevation.ts';

type Action = Extract<ElevationCall, { action: 'approve' | 'deny' | 'withdraw' | 'revoke' }>['action'];

const forbidden = (detail: string) => new ProblemError('forbidden', detail);

/** For each action: whether somebody may try it, and the answer if they may not. */
const rights: Readonly<Record<Action, { has(relation: Relation): boolean; refusal: string }>> = {
  // That requesters cannot approve is found out with the step, because it holds for all of their accounts.
  approve: {
    has: ({ approves, mine }) => approves || mine,
    refusal: 'You may see this elevation, but not approve it.',
  },
  deny: {
    has: ({ approves, privileged }) => approves || privileged,
    refusal: 'You may not deny this elevation. Withdraw it if it is your own.',
  },
  withdraw: {
    has: ({ mine }) => mine,
    refusal: 'Only the person who asked can withdraw this. You can deny it.',
  },
  revoke: {
    has: mayRevoke,
    refusal: 'You may see this elevation, but not end it.',
  },
};

/** Returns the login after which somebody could decide. A reviewer can only end an elevation, and no login withdraws. */
function loginFor(action: Action, { freshLogin, reviewLogin }: Relation): Relation['freshLogin'] {
  if (action === 'withdraw') return undefined;
  return action === 'revoke' ? (freshLogin ?? reviewLogin) : freshLogin;
}

/**
 * Refuses a decision that the caller has no right to. Only approvers approve, whatever else somebody may do. Seeing an
 * elevation is never enough: somebody sees what they could decide about after another login.
 */
export function refuseWithoutRight(action: Action, { state }: Pick<Elevation, 'state'>, relation: Relation): void {
  const { has, refusal } = rights[action];
  if (!has(relation)) {
    const login = loginFor(action, relation);
    throw login ? needsFreshLogin(login) : forbidden(refusal);
  }
  if (action === 'approve' && !relation.mine && relation.sets.length === 0 && state === 'pending')
    throw approversChanged();
}
