import { createTextCriterion } from '../text/text-criterion.ts';

/** String matcher over the user name of the caller, which is also the one that is sent upstream. */
export const user = createTextCriterion({
  name: 'user',
  read: (input) => input.user?.id,
  ofCaller: true,
  ofPerson: true,
  address: 'where-at',
  doc: {
    summary:
      "Holds if the caller's user name matches. This is the name that is sent to the cluster, from `identity.providers[].claims.user`. Matching is case-sensitive, except that a deny ignores the case of a name with an `@`, as `email` does.",
    example: 'alice@example.com',
    source: 'Pomerium',
  },
});

/** String matcher over the caller's email address. */
export const email = createTextCriterion({
  name: 'email',
  read: (input) => input.user?.email,
  ofCaller: true,
  ofPerson: true,
  address: 'always',
  doc: {
    summary:
      "Holds if the caller's email address matches. An allow is case-sensitive, as in Pomerium. A deny ignores case, the spelling of an international domain and a dot at its end, because mail servers ignore them.",
    example: { ends_with: '@example.com' },
    source: 'Pomerium',
  },
});

/** An address with more than one at sign has no domain, because parsers disagree about where it begins. */
function domainOf(address: string | undefined): string | undefined {
  if (typeof address !== 'string') return undefined;
  const at = address.indexOf('@');
  return at < 0 || address.includes('@', at + 1) ? undefined : address.slice(at + 1);
}

/** String matcher over the part of the caller's email address after the at sign. */
export const domain = createTextCriterion({
  name: 'domain',
  read: (input) => domainOf(input.user?.email),
  ofCaller: true,
  ofPerson: true,
  address: 'always',
  doc: {
    summary:
      "Holds if the part of the caller's email address after the `@` matches. An address with two of them has no such part. An allow is case-sensitive, as in Pomerium. A deny ignores case, the spelling of an international domain and a dot at its end, because mail servers ignore them.",
    example: 'example.com',
    source: 'Pomerium',
  },
});
