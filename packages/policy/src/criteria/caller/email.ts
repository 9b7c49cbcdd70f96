import { createTextCriterion } from '../text-criterion.ts';

/** String matcher over the caller's e-mail address. */
export const email = createTextCriterion({
  name: 'email',
  read: (input) => input.user?.email,
  reason: 'email',
  ofCaller: true,
  doc: { summary: 'Holds if the caller\'s e-mail address matches.', example: { ends_with: '@example.com' }, source: 'Pomerium' },
});
