import { hkdfSync } from 'node:crypto';
import { createTokenSealer, type SealingKey } from '@sallyport/stores';
import { pendingLoginSchema, type PendingLogin } from './pending-login.ts';

/** Seals pending logins, so that each can be kept in a cookie of its browser. */
export type PendingLoginSealer = {
  seal(login: PendingLogin, state: string): string;
  /**
   * Returns undefined if the login was altered, has another state, or was sealed with a key that is not in the ring.
   */
  open(sealed: string, state: string): PendingLogin | undefined;
};

const purpose = 'sallyport pending login 1';

/**
 * Creates the sealer from a key ring: the first key seals, all keys open. Every login has its own key, derived from its
 * state (HKDF, RFC 5869). Anyone can have any number of logins sealed, and that neither wears out a key nor reveals
 * anything about other values sealed with the ring.
 */
export function createPendingLoginSealer(ring: readonly SealingKey[]): PendingLoginSealer {
  const sealerOf = (state: string) =>
    createTokenSealer(
      ring.map(({ id, key }) => ({ id, key: Buffer.from(hkdfSync('sha256', key, state, purpose, 32)) })),
    );
  return {
    seal: (login, state) => sealerOf(state).seal(JSON.stringify(login), purpose),
    open(sealed, state) {
      const text = sealerOf(state).open(sealed, purpose);
      return text === undefined ? undefined : pendingLoginSchema.safeParse(JSON.parse(text)).data;
    },
  };
}
