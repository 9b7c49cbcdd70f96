import type { DirectoryEntry } from '../../store/directory-store.ts';
import type { ResourceSchema } from '../schema/attribute.ts';
import { entityTag } from './entity-tag.ts';

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
