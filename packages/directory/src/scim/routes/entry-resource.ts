import type { Request, Response } from 'express';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';
import type { ResourceSchema } from '../schema/attribute.ts';

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

/** Returns the resource of an entry: its stored attributes and those that only the service sets. */
export function entryResource(
  schema: ResourceSchema,
  entry: DirectoryEntry,
  about: { baseUrl: string; version?: string; more?: Record<string, unknown> },
): Record<string, unknown> {
  const { id, version, createdAt, changedAt } = entry;
  const { active: removed, ...body } = entry.body;
  const { extension } = schema;
  return {
    schemas: [schema.urn, ...(extension && Object.hasOwn(body, extension.urn) ? [extension.urn] : [])],
    id,
    ...body,
    ...(schema.name === 'User' && removed !== null ? { active: entry.active } : {}),
    ...about.more,
    meta: {
      resourceType: schema.name,
      created: new Date(createdAt).toISOString(),
      lastModified: new Date(changedAt).toISOString(),
      location: `${about.baseUrl}/${schema.endpoint}/${id}`,
      version: entityTag(about.version ?? String(version)),
    },
  };
}
