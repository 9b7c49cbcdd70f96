import { createTextCriterion } from '../text/text-criterion.ts';

/** String matcher over the authentication context class of the caller. */
export const acr = createTextCriterion({
  name: 'acr',
  read: (input) => input.session?.acr || undefined,
  ofCaller: true,
  doc: {
    summary:
      'Holds if the authentication context class of the caller (`acr` of the id_token) matches. A user can log in again and request a class: `sallyport login --acr <class>`.',
    example: { in: ['phr', 'phrh'] },
    source: 'Sallyport',
  },
});
