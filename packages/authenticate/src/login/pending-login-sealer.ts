import { hkdfSync } from 'node:crypto';
import { createTokenSealer, type SealingKey } from '@sallyport/stores';
import { transactionSchema, type Transaction } from './pending-login.ts';

/** Seals logins under way, so that each can travel in its own browser's cookie. */
export type LoginSealer = {
  seal(login: Transaction, state: string): string;
  /**
   * The login of this state; undefined if it was altered, is another's, or was sealed with a key that is not in the
   * ring.
   */
  open(sealed: string, state: string): Transaction | undefined;
};

const purpose = 'sallyport pending login 1';

/**
 * Creates the sealer over a ring of keys: the first seals, all of them open. Every login has a key of its own, derived
 * from its state (HKDF, RFC 5869): anybody may have as many logins sealed as they like, and no number of them wears out
 * a key, or says anything about what else is sealed with the ring.
 */
export function createLoginSealer(ring: readonly SealingKey[]): LoginSealer {
  const sealerOf = (state: string) =>
    createTokenSealer(
      ring.map(({ id, key }) => ({ id, key: Buffer.from(hkdfSync('sha256', key, state, purpose, 32)) })),
    );
  return {
    seal: (login, state) => sealerOf(state).seal(JSON.stringify(login), purpose),
    open(sealed, state) {
      const text = sealerOf(state).open(sealed, purpose);
      return text === undefined ? undefined : transactionSchema.safeParse(JSON.parse(text)).data;
    },
  };
}
