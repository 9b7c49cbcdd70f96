import { createTextCriterion } from '../common/text-criterion.ts';

/** An address with more than one at sign has no domain: readers disagree about where it begins. */
function domainOf(address: string | undefined): string | undefined {
  if (typeof address !== 'string') return undefined;
  const at = address.indexOf('@');
  return at < 0 || address.includes('@', at + 1) ? undefined : address.slice(at + 1);
}

/** String matcher over the part of the caller's e-mail address that follows the at sign. */
export const domain = createTextCriterion({
  name: 'domain',
  read: (input) => domainOf(input.user?.email),
  reason: 'domain',
  ofCaller: true,
  address: 'always',
  doc: {
    summary:
      "Holds if the part of the caller's e-mail address behind the `@` matches. An address with two of them has no such part. Case counts in an allow, as in Pomerium; a deny holds in either case, and in every way to write an international domain or its last dot, because mail servers look at none of it.",
    example: 'example.com',
    source: 'Pomerium',
  },
});
