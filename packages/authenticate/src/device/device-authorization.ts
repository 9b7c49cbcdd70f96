import { z } from 'zod';
import { provenIdentitySchema } from '../session/proven-identity.ts';

/**
 * RFC 8628, 6.1: consonants only, so that codes form no words and no letter looks like a digit. 20^8 codes: 34 bits.
 */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';
const length = 8;
/** Only bytes below this are used, so that all letters are equally likely. */
const fair = 256 - (256 % letters.length);

/** Generates a user code from random bytes in base64url. Returns undefined if too few of the bytes are usable. */
export function generateUserCode(random: string): string | undefined {
  const usable = [...Buffer.from(random, 'base64url')].filter((byte) => byte < fair);
  if (usable.length < length) return undefined;
  return usable
    .slice(0, length)
    .map((byte) => letters[byte % letters.length])
    .join('');
}

/** Normalizes a typed code: upper case, without spaces and hyphens. Returns undefined if it cannot be a code. */
export function parseUserCode(typed: string): string | undefined {
  if (typed.length > 32) return undefined;
  const code = typed.toUpperCase().replaceAll(/[\s\p{Dash}]/gu, '');
  return code.length === length && Array.from(code).every((letter) => letters.includes(letter)) ? code : undefined;
}

/** Formats a code for display: XXXX-XXXX. */
export function formatUserCode(code: string): string {
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`;
}

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
