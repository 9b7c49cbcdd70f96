import { ProblemError } from '@sallyport/kit';
import type { LoginDemand } from '@sallyport/policy';
import type { Elevation, ElevationCall, ElevationPerson } from '@sallyport/contracts';
import type { ElevationRefusal } from '../../elevation-states/transition.ts';
import { mayRevoke, type Relation } from './find-asker.ts';

/** Returns the answer for an elevation that does not exist or that the caller may not see. */
export const noSuchElevation = (): ProblemError =>
  new ProblemError('not-found', 'There is no elevation with this ID, or you may not see it.');

/** Returns the answer for an approval of a request whose approvers are others in the configuration by now. */
const approversChanged = (): ProblemError =>
  new ProblemError(
    'conflict',
    'The approvers of this elevation have changed since it was requested, so you cannot approve this request. Deny it, or have it requested again.',
  );

const problems: Readonly<Record<ElevationRefusal, () => ProblemError>> = {
  'own-request': () =>
    new ProblemError('forbidden', 'You cannot approve your own request, whichever account you use. Ask someone else.'),
  'approved-already': () =>
    new ProblemError('conflict', 'You have approved this already. Another person must approve it.'),
  'not-in-set': approversChanged,
  'set-complete': () =>
    new ProblemError(
      'conflict',
      'Your approval would not count: those for whom you can approve have approved already. To see what is lacking, use "show".',
    ),
  'not-own': () => new ProblemError('forbidden', 'Only the person who asked can withdraw this. You can deny it.'),
  'no-review': () => new ProblemError('conflict', 'This elevation needs no review.'),
  'own-review': () =>
    new ProblemError(
      'forbidden',
      'You cannot review your own elevation, whichever account you use. Ask another reviewer.',
    ),
  'not-begun': () => new ProblemError('conflict', 'This has not begun, so there is nothing to review yet.'),
  'reviewed-already': () => new ProblemError('conflict', 'This is reviewed already. To see the review, use "show".'),
  'not-pending': () =>
    new ProblemError('conflict', 'This is decided already. Use "revoke" to end an elevation that is approved.'),
  'not-approved': () =>
    new ProblemError('conflict', 'This is not approved yet. Use "deny", or "withdraw" if it is your own.'),
  'entry-changed': () =>
    new ProblemError(
      'conflict',
      'The configuration of this elevation has changed since it was requested, so it cannot begin. Have it requested again.',
    ),
  over: () => new ProblemError('conflict', 'This elevation is over. Ask for a new one.'),
  'time-is-up': () => new ProblemError('conflict', 'The time for this is up. Ask for a new elevation.'),
  'nothing-to-do': () => new ProblemError('conflict', 'There is nothing to do.'),
};

/** Returns the answer for a step that was not taken. */
export const refusedStep = (refusal: ElevationRefusal): ProblemError => problems[refusal]();

/** Returns the answer for a decision that the caller may make after another login. */
export function needsFreshLogin({ acrValues }: LoginDemand): ProblemError {
  const classes = acrValues.filter((name) => /^[\w.:/-]{1,200}$/.test(name)).join(',');
  const login = `sallyport login --max-age 0s${classes === '' ? '' : ` --acr ${classes}`}`;
  return new ProblemError(
    'forbidden',
    `You may decide about this after another login: the policy asks for a newer or a stronger one. Run "${login}", then repeat this.`,
  );
}

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

/** Earlier versions did not store which addresses a login without a verified one asserts. */
const isUnknown = ({ email, asserted }: ElevationPerson) => email === undefined && asserted === undefined;

/**
 * Refuses the decision of a person whose names are not known, because they could be those of the requester, and an
 * approval of what such a person has requested.
 */
export function requireKnownNames(by: ElevationPerson, requester?: ElevationPerson): void {
  if (isUnknown(by))
    throw new ProblemError(
      'forbidden',
      'This login is older than the gateway, so it is not known which addresses you have. Log in again, then repeat this.',
    );
  if (requester && isUnknown(requester))
    throw new ProblemError(
      'conflict',
      'This was requested with a login that is older than the gateway, so it is not known which addresses the requester has. Deny it, and have it requested again after a new login.',
    );
}
