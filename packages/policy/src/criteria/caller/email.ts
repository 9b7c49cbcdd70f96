import { createTextCriterion } from '../common/text-criterion.ts';

/** String matcher over the caller's email address. */
export const email = createTextCriterion({
  name: 'email',
  read: (input) => input.user?.email,
  reason: 'email',
  ofCaller: true,
  address: 'always',
  doc: {
    summary:
      "Holds if the caller's email address matches. An allow is case-sensitive, as in Pomerium. A deny ignores case, the spelling of an international domain and a dot at its end, because mail servers ignore them.",
    example: { ends_with: '@example.com' },
    source: 'Pomerium',
  },
});
