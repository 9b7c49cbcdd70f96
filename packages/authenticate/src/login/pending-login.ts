import { hkdfSync, createPrivateKey, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { createTokenSealer, type SealingKey, loadSealingKeys } from '@sallyport/stores';
import type { LoadedConfig } from '@sallyport/kit';
import { provenIdentitySchema } from '../session/proven-identity.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/** What happens when a login completes. */
const loginGoalSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('cli'),
    redirectUri: z.string(),
    state: z.string(),
    codeChallenge: z.string(),
    /** When the program stops waiting, in seconds since the epoch. */
    waitsUntil: z.number().optional(),
  }),
  z.object({ kind: z.literal('browser'), returnTo: z.string() }),
  z.object({ kind: z.literal('device') }),
  z.object({ kind: z.literal('pomerium'), redirectUri: z.string() }),
]);
export type LoginGoal = z.infer<typeof loginGoalSchema>;

/** How recently and how strongly the user must be authenticated. */
const requirementsSchema = z.object({
  maxAge: z.number().optional(),
  acrValues: z.array(z.string()),
  begunAt: z.number(),
});

/**
 * A pending login. It is sealed in its own cookie until the browser returns from the provider. `userCode` is that of a
 * device login.
 */
const pendingLoginSchema = z.object({
  provider: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  goal: loginGoalSchema,
  demands: requirementsSchema,
  begunAt: z.number(),
  userCode: z.string().optional(),
});
export type PendingLogin = z.infer<typeof pendingLoginSchema>;
export const pendingLoginLifeMs = 600_000;

/** The program that requested a login whose code is pasted, by its code challenge. The page shows it with the code. */
export const requesterSchema = z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() });

/**
 * What an authorization code of ours grants. The session ID is chosen in advance, so that a replay of the code can end
 * the session. `approvedFrom` is the browser that showed a code to paste.
 */
export const grantSchema = z.object({
  identity: provenIdentitySchema,
  sessionId: z.string(),
  redirectUri: z.string(),
  codeChallenge: z.string(),
  approvedFrom: requesterSchema.optional(),
});
export type Grant = z.infer<typeof grantSchema>;
export const codeLifeMs = 60_000;
/** Longer, because a user pastes the code from one window into another. */
export const pastedCodeLifeMs = 300_000;

/** Stored for longer than the code lives, to detect a replay. */
export const issuedCodeSchema = z.object({ sessionId: z.string() });
export const issuedCodeLifeMs = 600_000;

/** The kinds of single-use values. `finished` are the states of completed logins. */
export const kinds = {
  finished: 'login-finished',
  code: 'code',
  issued: 'code-issued',
  replayed: 'code-replayed',
  requester: 'paste-began',
  requestCount: 'paste-began-from',
  canceled: 'login-canceled',
  cancelCount: 'login-canceled-from',
} as const;

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

/** No key in `sessions.encryption` can have this ID. */
const ownKeyId = '~authenticate';

/** The private key of this service, which all of its replicas share and no other service has. */
function ownKey({ config, resolvePath }: LoadedConfig): SealingKey[] {
  const { keyFile } = config.services.authenticate;
  if (keyFile === undefined) return [];
  const { d } = createPrivateKey(readFileSync(resolvePath(keyFile))).export({ format: 'jwk' });
  return d === undefined ? [] : [{ id: ownKeyId, key: Buffer.from(d, 'base64url') }];
}

/**
 * Creates the sealer of pending logins with the keys of `sessions.encryption` and the private key that all replicas
 * share. Without either, as in a single process, it uses a random key.
 */
export function openPendingLoginSealer(loaded: LoadedConfig): PendingLoginSealer {
  const ring = [...loadSealingKeys(loaded), ...ownKey(loaded)];
  return createPendingLoginSealer(ring.length > 0 ? ring : [{ id: '~of-this-process', key: randomBytes(32) }]);
}

/** The dependencies of the routes that start and complete logins. */
export type LoginDeps = HandlerDeps & { pendingLogins: PendingLoginSealer };
