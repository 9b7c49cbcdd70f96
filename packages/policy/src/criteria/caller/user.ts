import { createTextCriterion } from '../common/text-criterion.ts';

/** String matcher over the user name of the caller, which is also the one that is sent upstream. */
export const user = createTextCriterion({
  name: 'user',
  read: (input) => input.user?.id,
  reason: 'user',
  ofCaller: true,
  address: 'where-at',
  doc: {
    summary:
      "Holds if the caller's user name matches. This is the name that is sent to the cluster, from `identity.providers[].claims.user`. Matching is case-sensitive, except that a deny ignores the case of a name with an `@`, as `email` does.",
    example: 'alice@example.com',
    source: 'Pomerium',
  },
});
