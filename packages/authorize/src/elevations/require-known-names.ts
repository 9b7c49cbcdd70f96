import type { ElevationPerson } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/** Earlier versions did not store which addresses a login without a verified one asserts. */
const isUnknown = ({ email, asserted }: ElevationPerson) => email === undefined && asserted === undefined;

/**
 * Refuses the decision of a person whose names are not known, because they could be those of the requester, and an
 * approval of what such a person has requested.
 */
export function requireKnownNames(by: ElevationPerson, requester?: ElevationPerson): void {
  if (isUnknown(by))
    throw new ProblemError(
      'forbidden',
      'This login is older than the gateway, so it is not known which addresses you have. Log in again, then repeat this.',
    );
  if (requester && isUnknown(requester))
    throw new ProblemError(
      'conflict',
      'This was requested with a login that is older than the gateway, so it is not known which addresses the requester has. Deny it, and have it requested again after a new login.',
    );
}
