import { z } from 'zod';
import { provenIdentitySchema } from '../session/proven-identity.ts';

// How the device authorization grant (RFC 8628) uses the single-use store. The program holds the device code, and the
// user types the user code. Both are keys, which the store hashes, and lead to an ID that is useless on its own. The
// user's answer is stored under that ID until the program polls for it.

/** How long a user may take, in milliseconds. Short, because it bounds phishing with a user code (RFC 8628, 5.4). */
export const deviceLifeMs = 300_000;
/** The interval at which a program may poll, in seconds (RFC 8628, 3.5). */
export const pollIntervalS = 5;

const facts = z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() });

/** Stored under the device code. */
export const deviceSchema = z.object({ id: z.string() });
/** Stored under the user code: a pending device authorization, with what the user sees before they approve it. */
export const deviceAuthorizationSchema = z.object({
  id: z.string(),
  cluster: z.string().optional(),
  facts,
  until: z.number(),
});
export type DeviceAuthorization = z.infer<typeof deviceAuthorizationSchema>;
/** Stored under `approvalKey`: the user who may approve. */
export const approvalSchema = z.object({ id: z.string(), sessionId: z.string(), identity: provenIdentitySchema });
export type Approval = z.infer<typeof approvalSchema>;
/** Stored under the ID: the user's answer. */
export const answerSchema = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('approved'), sessionId: z.string(), identity: provenIdentitySchema, from: facts }),
  z.object({ answer: z.literal('denied') }),
]);
export type DeviceAnswer = z.infer<typeof answerSchema>;

/** The kinds of single-use values. */
export const deviceKinds = {
  device: 'device',
  userCode: 'device-user-code',
  approval: 'device-approval',
  answer: 'device-answer',
  poll: 'device-poll',
  started: 'device-begun',
  lookups: 'device-lookups',
  wrongCodes: 'device-wrong-codes',
} as const;

/**
 * Returns the key of an approval. It includes a secret of the browser, so no other browser can find it or use it up.
 */
export const approvalKey = (approval: string, secret: string) => `${approval}.${secret}`;
