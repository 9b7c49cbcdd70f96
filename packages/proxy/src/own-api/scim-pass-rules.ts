import type { IncomingMessage } from 'node:http';
import { hashToken } from '@sallyport/kit';
import type { PassRules } from './authenticate-proxy.ts';

/** A bearer token (RFC 6750, 2.1). Only its SHA-256 is passed on. */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]{1,4096}=*)$/i;

function tokenHash({ headers: { authorization } }: IncomingMessage): Record<string, string> {
  const token = bearer.exec(authorization ?? '')?.[1];
  return token === undefined ? {} : { 'sallyport-scim-token': hashToken(token) };
}

/**
 * How SCIM requests are passed on: without cookies, with the hash of the client's token, and with bodies as large as a
 * group of some ten thousand members.
 */
export const scimPassRules: PassRules = {
  passed: ['accept', 'content-length', 'content-type', 'if-match', 'if-none-match', 'transfer-encoding', 'user-agent'],
  added: tokenHash,
  maxBody: 4 * 1024 * 1024,
};
