import type { Request, Response } from 'express';
import { ScimError } from '../errors/scim-error.ts';

const bare = (tag: string) => tag.trim().replace(/^W\//i, '');
const named = (header: string | undefined) => header?.split(',').map(bare);

/** Builds a weak entity tag: equal resources may be serialized differently. */
export const entityTag = (version: string): string => `W/"${version}"`;

/** Throws 412 if the resource changed since the client read it (RFC 9110 13.1.1). */
export function requireMatch(request: Request, tag: string): void {
  const wanted = named(request.headers['if-match']);
  if (wanted && !wanted.includes('*') && !wanted.includes(bare(tag)))
    throw new ScimError(412, 'The resource has changed since you read it.');
}

/** Sends 304 if the client already has this version, and reports whether it did. */
export function sendIfNotModified(request: Request, response: Response, tag: string): boolean {
  const known = named(request.headers['if-none-match']);
  if (!known || !(known.includes('*') || known.includes(bare(tag)))) return false;
  response.setHeader('etag', tag);
  response.status(304).end();
  return true;
}
