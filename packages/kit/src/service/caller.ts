import type { IncomingHttpHeaders } from 'node:http';
import { identitySchema, sessionKindSchema } from '@sallyport/contracts';
import { z } from 'zod';
import { ProblemError } from '../problem/problem-error.ts';

/**
 * The user on whose behalf the proxy makes an internal call. `privileged` means that `api.policy` lets them act on what
 * is not their own.
 */
const callerSchema = z.object({
  session: z.object({ id: z.string(), kind: sessionKindSchema, expiresAt: z.number() }),
  identity: z.object(identitySchema.shape).omit({ claims: true }),
  privileged: z.boolean(),
  clientAddress: z.string(),
  userAgent: z.string().optional(),
});
export type Caller = z.infer<typeof callerSchema>;

/** The header that carries a Caller. It is trusted only together with the proxy's service credential. */
export const callerHeader = 'sallyport-caller';

/** Encodes a caller for the header. */
export function encodeCaller(caller: Caller): string {
  return Buffer.from(JSON.stringify(caller)).toString('base64url');
}

/** Reads the caller of an internal call; undefined if there is none. Throws `bad-request` if it cannot be read. */
export function readCaller(headers: IncomingHttpHeaders): Caller | undefined {
  const text = headers[callerHeader];
  if (text === undefined) return undefined;
  try {
    return callerSchema.parse(JSON.parse(Buffer.from(String(text), 'base64url').toString('utf8')));
  } catch (cause) {
    throw new ProblemError('bad-request', 'The caller header cannot be read.', { cause });
  }
}
