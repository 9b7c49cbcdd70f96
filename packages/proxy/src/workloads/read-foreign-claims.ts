import { maxWorkloadToken } from '@sallyport/contracts';
import { parseJson } from '@sallyport/kit';
import { fieldsOf, type Fields } from '../upstream/json-fields.ts';

const form = /^[A-Za-z0-9_-]+\.([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+$/;

/**
 * Returns the claims of a JWT, unverified: good only to decide who is asked about it. Undefined for anything else, and
 * for tokens that this gateway signed, which are accepted only in Pomerium's carriers.
 */
export function readForeignClaims(token: string, gatewayOrigin: string): Fields | undefined {
  if (token.length > maxWorkloadToken) return undefined;
  const [, payload] = form.exec(token) ?? [];
  if (payload === undefined) return undefined;
  const value = parseJson(Buffer.from(payload, 'base64url').toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const claims = fieldsOf(value);
  return claims['iss'] === gatewayOrigin ? undefined : claims;
}
