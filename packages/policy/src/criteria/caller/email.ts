import { createTextCriterion } from '../common/text-criterion.ts';

/** String matcher over the caller's e-mail address. */
export const email = createTextCriterion({
  name: 'email',
  read: (input) => input.user?.email,
  reason: 'email',
  ofCaller: true,
  address: 'always',
  doc: {
    summary:
      "Holds if the caller's e-mail address matches. Case counts in an allow, as in Pomerium; a deny holds in either case, and in every way to write an international domain or its last dot, because mail servers look at none of it.",
    example: { ends_with: '@example.com' },
    source: 'Pomerium',
  },
});
