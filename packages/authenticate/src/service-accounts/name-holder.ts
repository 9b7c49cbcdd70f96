import type { Identity } from '@sallyport/contracts';
import { userUid } from '@sallyport/kit';
import type { NameHolder } from '@sallyport/stores';

/**
 * Returns the account that holds the names which a person makes. Another account of the same person is another holder: a
 * name is a right, and accounts that only seem to be of one person must not share it.
 */
export const holderOf = (person: Pick<Identity, 'issuer' | 'subject' | 'user'>): NameHolder => ({
  uid: userUid(person),
  user: person.user,
});
