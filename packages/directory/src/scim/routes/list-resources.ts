import type { DirectoryEntry } from '../../store/directory-store.ts';
import type { RequestHandler } from 'express';
import { chooseAttributes, type Choice } from '../resource/choose-attributes.ts';
import type { ResourceSchema } from '../schema/attribute.ts';
import { clientOf, type ScimDeps } from './scim-deps.ts';
import { findEntries } from './find-entries.ts';
import { queryOf, readPage } from './read-page.ts';
import { readSearch } from './read-search.ts';
import { sendScim } from './send-scim.ts';
import { showEntry } from './show-entry.ts';

const listUrn = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/**
 * Adds to entries what is kept elsewhere, if it was asked for; an answer may end before the page does where it would
 * grow too large.
 */
export type ShowPage = (
  source: string,
  entries: DirectoryEntry[],
  choice: Choice,
) => Promise<Record<string, unknown>[]>;

/** Answers with a page of a list (RFC 7644 3.4.2), which is asked for in the address or in a body. */
export function listResources(deps: ScimDeps, schema: ResourceSchema, showPage: ShowPage): RequestHandler {
  const kind = schema.name === 'User' ? 'people' : 'groups';
  return async (request, response) => {
    const {
      source: { id: source },
    } = clientOf(response);
    const page = readPage(schema, request.method === 'POST' ? readSearch(request.body) : queryOf(request.url));
    const show = (entry: DirectoryEntry) => showEntry(schema, entry, deps);
    const { total, entries } = await findEntries({ store: deps.store, source, kind, show }, page);
    const resources = (await showPage(source, entries, page.choice)).map((resource) =>
      chooseAttributes(schema, page.choice, resource),
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
