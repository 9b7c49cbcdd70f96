import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
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

/** Where a request came from, as the gateway saw it, and what it called itself. */
export type ClientFacts = { clientAddress?: string; userAgent?: string };
/** The same of a program whose login was approved in a browser elsewhere. */
export type DeviceFacts = ClientFacts & { approvedFrom?: ClientFacts };

/**
 * Reads the facts of an internal call. The user agent is what the client says: cut to 256 characters, without control
 * characters.
 */
export function readClientFacts({ headers }: IncomingMessage): ClientFacts {
  const address = headers['sallyport-client-address'];
  const userAgent = headers['user-agent']?.slice(0, 256).replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?');
  return {
    ...(typeof address === 'string' && isIP(address) > 0 ? { clientAddress: address } : {}),
    ...(userAgent ? { userAgent } : {}),
  };
}
