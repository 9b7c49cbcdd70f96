import { createTextCriterion } from '../common/text-criterion.ts';

/** String matcher over the caller's name, the one that goes upstream. */
export const user = createTextCriterion({
  name: 'user',
  read: (input) => input.user?.id,
  reason: 'user',
  ofCaller: true,
  address: 'where-at',
  doc: {
    summary:
      "Holds if the caller's user name matches: the name that goes to the cluster, as `identity.providers[].claims.user` makes it. Case counts, except that a deny compares a name with an `@` in either case, as `email` does.",
    example: 'alice@example.com',
    source: 'Pomerium',
  },
});
