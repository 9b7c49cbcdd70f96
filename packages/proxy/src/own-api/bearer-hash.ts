import type { IncomingMessage } from 'node:http';
import { hashToken } from '@sallyport/kit';

/** A bearer token (RFC 6750, 2.1). Only its SHA-256 is passed on. */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,4096}=*)$/i;

/** Creates what returns a header with the SHA-256 of a request's bearer token. Without a token there is no header. */
export function bearerHash(header: string) {
  return ({ headers: { authorization } }: IncomingMessage): Record<string, string> => {
    const token = bearer.exec(authorization ?? '')?.[1];
    return token === undefined ? {} : { [header]: hashToken(token) };
  };
}
