import { z } from 'zod';
import { provenIdentitySchema } from '../session/proven-identity.ts';

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
export const pendingLoginSchema = z.object({
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
