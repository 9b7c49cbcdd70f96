import { z } from 'zod';
import { provenIdentitySchema } from '../session/proven-identity.ts';

// A login by device authorization (RFC 8628) in the single-use store. The program holds the device code, the person
// types the user code; both are keys, which the store keeps hashed, and lead to an id that is worth nothing by itself.
// Under the id the person's answer waits for the program.

/**
 * How long a person may take, in milliseconds; short, for a code that is sent to somebody else to approve (RFC 8628,
 * 5.4) dies with it.
 */
export const deviceLifeMs = 300_000;
/** How often a program may ask, in seconds (RFC 8628, 3.5). */
export const pollIntervalS = 5;

const facts = z.object({ clientAddress: z.string().optional(), userAgent: z.string().optional() });

/** Under the device code. */
export const deviceSchema = z.object({ id: z.string() });
/** Under the user code: who asks, as a person must see it before they approve. */
export const askedSchema = z.object({ id: z.string(), cluster: z.string().optional(), facts, until: z.number() });
export type Asked = z.infer<typeof askedSchema>;
/** Under what the page of approval and the browser hold together: who would approve. */
export const approvalSchema = z.object({ id: z.string(), sessionId: z.string(), identity: provenIdentitySchema });
export type Approval = z.infer<typeof approvalSchema>;
/** Under the id. */
export const answerSchema = z.discriminatedUnion('answer', [
  z.object({ answer: z.literal('approved'), sessionId: z.string(), identity: provenIdentitySchema, from: facts }),
  z.object({ answer: z.literal('denied') }),
]);
export type DeviceAnswer = z.infer<typeof answerSchema>;

/** Names of the kinds of single-use values. */
export const deviceKinds = {
  device: 'device',
  asked: 'device-user-code',
  approval: 'device-approval',
  answer: 'device-answer',
  poll: 'device-poll',
  begun: 'device-begun',
  lookups: 'device-lookups',
  wrong: 'device-wrong-codes',
} as const;

/**
 * The key of an approval holds the browser's secret as well: for another browser it does not exist, and cannot be used
 * up either.
 */
export const approvalKey = (approval: string, secret: string) => `${approval}.${secret}`;
