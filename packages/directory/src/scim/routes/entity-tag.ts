import type { Request, Response } from 'express';
import { ScimError } from '../errors/scim-error.ts';

const bare = (tag: string) => tag.trim().replace(/^W\//i, '');
const named = (header: string | undefined) => header?.split(',').map(bare);

/** A weak tag: what it stands for may be written in several ways. */
export const entityTag = (version: string): string => `W/"${version}"`;

/** Refuses (412) a change of something that is no longer as the client knew it (RFC 9110 13.1.1). */
export function requireMatch(request: Request, tag: string): void {
  const wanted = named(request.headers['if-match']);
  if (wanted && !wanted.includes('*') && !wanted.includes(bare(tag)))
    throw new ScimError(412, 'The resource has been changed since you read it.');
}

/** Answers 304 where the client has the resource already; true if so. */
export function sendIfNotModified(request: Request, response: Response, tag: string): boolean {
  const known = named(request.headers['if-none-match']);
  if (!known || !(known.includes('*') || known.includes(bare(tag)))) return false;
  response.setHeader('etag', tag);
  response.status(304).end();
  return true;
}
