import type { RequestHandler } from 'express';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { sendScim } from '../answer/send-scim.ts';
import { selectAttributes, type AttributeSelection } from '../resource/select-attributes.ts';
import type { ResourceSchema } from '../schema/attribute.ts';
import { entryResource } from './entry-resource.ts';
import { findEntries } from './find-entries.ts';
import { queryOf, readPage, readSearch } from './read-request.ts';
import { clientOf, type ScimDeps } from './require-client.ts';

const listUrn = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/**
 * Converts entries to resources and adds requested data that is stored elsewhere. May return fewer than it was given,
 * to limit the size of the answer.
 */
type ToResources = (
  source: string,
  entries: DirectoryEntry[],
  selection: AttributeSelection,
) => Promise<Record<string, unknown>[]>;

/** Creates the handler for lists (RFC 7644 3.4.2), requested by a query string or by a body. */
export function listResources(deps: ScimDeps, schema: ResourceSchema, toResources: ToResources): RequestHandler {
  const kind = schema.name === 'User' ? 'people' : 'groups';
  return async (request, response) => {
    const {
      source: { id: source },
    } = clientOf(response);
    const page = readPage(schema, request.method === 'POST' ? readSearch(request.body) : queryOf(request.url));
    const show = (entry: DirectoryEntry) => entryResource(schema, entry, deps);
    const { total, entries } = await findEntries({ store: deps.store, source, kind, show }, page);
    const resources = (await toResources(source, entries, page.selection)).map((resource) =>
      selectAttributes(schema, page.selection, resource),
    );
    sendScim(response, 200, {
      schemas: [listUrn],
      totalResults: total,
      itemsPerPage: resources.length,
      startIndex: page.from + 1,
      Resources: resources,
    });
  };
}
