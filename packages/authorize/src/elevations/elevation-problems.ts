import type { ElevationRefusal } from '@sallyport/elevation';
import { ProblemError } from '@sallyport/kit';
import type { LoginDemand } from '@sallyport/policy';

/** Returns the answer for an elevation that does not exist or that the caller may not see. */
export const noSuchElevation = (): ProblemError =>
  new ProblemError('not-found', 'There is no elevation with this ID, or you may not see it.');

/** Returns the answer for an approval of a request whose approvers are others in the configuration by now. */
export const approversChanged = (): ProblemError =>
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
