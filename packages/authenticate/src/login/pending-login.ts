import { z } from 'zod';
import { provenIdentitySchema } from '../session/proven-identity.ts';

/** Where a login goes when it is done. */
export const loginGoalSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('cli'), redirectUri: z.string(), state: z.string(), codeChallenge: z.string() }),
  z.object({ kind: z.literal('browser'), returnTo: z.string() }),
  z.object({ kind: z.literal('device') }),
  z.object({ kind: z.literal('pomerium'), redirectUri: z.string() }),
]);
export type LoginGoal = z.infer<typeof loginGoalSchema>;

/** How recently and how strongly the person is to be authenticated. */
const demandsSchema = z.object({ maxAge: z.number().optional(), acrValues: z.array(z.string()), begunAt: z.number() });

/**
 * A login under way. It travels sealed in a cookie of its own until the browser comes back; `userCode` is the one of a
 * device's login.
 */
export const transactionSchema = z.object({
  provider: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  goal: loginGoalSchema,
  demands: demandsSchema,
  begunAt: z.number(),
  userCode: z.string().optional(),
});
export type Transaction = z.infer<typeof transactionSchema>;
export const transactionLifeMs = 600_000;

/** Who asked for a login whose code is to be carried back, by its challenge: the person must see it beside the code. */
export const beganSchema = z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() });

/**
 * What a one-time code of ours stands for. The session's id is chosen already, so that a replay can end the session.
 * `approvedFrom` is the browser that showed a code to be carried back.
 */
export const grantSchema = z.object({
  identity: provenIdentitySchema,
  sessionId: z.string(),
  redirectUri: z.string(),
  codeChallenge: z.string(),
  approvedFrom: beganSchema.optional(),
});
export type Grant = z.infer<typeof grantSchema>;
export const codeLifeMs = 60_000;
/** For a person who carries the code from one window to another. */
export const pastedCodeLifeMs = 300_000;

/** Remembered for longer than the code lives, to know a replay. */
export const issuedSchema = z.object({ sessionId: z.string() });
export const issuedLifeMs = 600_000;

/** Names of the kinds of single-use values; `finished` are the states of logins that have ended. */
export const kinds = {
  finished: 'login-finished',
  code: 'code',
  issued: 'code-issued',
  replayed: 'code-replayed',
  began: 'paste-began',
  beganCount: 'paste-began-from',
} as const;
