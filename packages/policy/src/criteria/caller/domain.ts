import { createTextCriterion } from '../common/text-criterion.ts';

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
  reason: 'domain',
  ofCaller: true,
  address: 'always',
  doc: {
    summary:
      "Holds if the part of the caller's email address after the `@` matches. An address with two of them has no such part. An allow is case-sensitive, as in Pomerium. A deny ignores case, the spelling of an international domain and a dot at its end, because mail servers ignore them.",
    example: 'example.com',
    source: 'Pomerium',
  },
});
