import { Router } from 'express';
import type { DirectoryEntry, EntryKind } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';
import { sendScim } from '../answer/send-scim.ts';
import { createPatchWork, readOperations, type Operation, type PatchWork } from '../patch/read-operations.ts';
import { readSelection, selectAttributes, type AttributeSelection } from '../resource/select-attributes.ts';
import type { ResourceSchema } from '../schema/attribute.ts';
import { entityTag, entryResource, requireMatch, sendIfNotModified } from './entry-resource.ts';
import { findEntries } from './find-entries.ts';
import { listUrn, queryOf, readPage, readSearch, scimBody } from './read-request.ts';
import { onCall, type ScimCall, type ScimDeps } from './require-client.ts';

export const maxTries = 5;

/** Makes one attempt at a change, and returns the entry as it is then. Undefined if a concurrent request was faster. */
export type Attempt = (before: DirectoryEntry) => Promise<DirectoryEntry | undefined>;

/** What differs between users and groups. */
export type ResourceKind = {
  schema: ResourceSchema;
  kind: EntryKind;
  /** What a person calls one of them. */
  noun: string;
  /** Returns the version for the entity tag. */
  versionOf(call: ScimCall, entry: DirectoryEntry): Promise<string>;
  /**
   * Converts entries to resources and adds requested data that is stored elsewhere. May return fewer than it was given,
   * to limit the size of the answer.
   */
  toResources(
    call: ScimCall,
    entries: DirectoryEntry[],
    selection: AttributeSelection,
  ): Promise<Record<string, unknown>[]>;
  create(call: ScimCall): Promise<DirectoryEntry>;
  replace(call: ScimCall): Attempt;
  patch(call: ScimCall, operations: (Operation & { path: string })[], work: PatchWork): Attempt;
  /** Whether the answer to a PATCH has the resource only if the client requests attributes. */
  isPatchedSilently: boolean;
  remove(call: ScimCall, entry: DirectoryEntry): Promise<void>;
};

async function sendEntry(
  { schema, toResources }: ResourceKind,
  call: ScimCall,
  status: number,
  entry: DirectoryEntry,
): Promise<void> {
  const selection = readSelection(schema, queryOf(call.request.url));
  const [shown] = await toResources(call, [entry], selection);
  const { version } = shown!['meta'] as { version: string };
  call.response.setHeader('etag', version);
  sendScim(call.response, status, selectAttributes(schema, selection, shown!));
}

/** Lists resources (RFC 7644 3.4.2), requested by a query string or by a body. */
async function sendList({ schema, kind, toResources }: ResourceKind, call: ScimCall): Promise<void> {
  const { request, response, client, store } = call;
  const page = readPage(schema, request.method === 'POST' ? readSearch(request.body) : queryOf(request.url));
  const show = (entry: DirectoryEntry) => entryResource(schema, entry, call);
  const { total, entries } = await findEntries({ store, source: client.source.id, kind, show }, page);
  const shown = (await toResources(call, entries, page.selection)).map((resource) =>
    selectAttributes(schema, page.selection, resource),
  );
  sendScim(response, 200, {
    schemas: [listUrn],
    totalResults: total,
    itemsPerPage: shown.length,
    startIndex: page.from + 1,
    Resources: shown,
  });
}

/** Creates the routes of a kind of resource (RFC 7644 3). */
export function resourceRoutes(deps: ScimDeps, resources: ResourceKind): Router {
  const { schema, kind, noun, versionOf } = resources;

  const read = async ({ store, client, request, confirm }: ScimCall): Promise<DirectoryEntry> => {
    const [entry] = await store.get(client.source.id, kind, [String(request.params['id'])]);
    if (entry) return entry;
    // The client may repeat a removal of which it was not known whether replicas have it.
    if (request.method === 'DELETE') await confirm();
    throw new ScimError(404, `The ${noun} does not exist.`);
  };
  const readMatching = async (call: ScimCall): Promise<DirectoryEntry> => {
    const entry = await read(call);
    requireMatch(call.request, entityTag(await versionOf(call, entry)));
    return entry;
  };

  const change = async (call: ScimCall, attempt: Attempt): Promise<DirectoryEntry> => {
    deps.events.requireRoom();
    for (let tries = 0; tries < maxTries; tries += 1) {
      const after = await attempt(await readMatching(call));
      if (!after) continue;
      await call.confirm();
      return after;
    }
    throw new ScimError(409, `Other requests are changing this ${noun} at the same time. Try again.`);
  };

  const router = Router({ caseSensitive: true, strict: true });
  const on = (work: (call: ScimCall) => Promise<void>) => onCall(deps, work);
  const list = on((call) => sendList(resources, call));
  router.get('/', list);
  router.post('/.search', scimBody(), list);
  router.post(
    '/',
    scimBody(),
    on(async (call) => {
      deps.events.requireRoom();
      const entry = await resources.create(call);
      await call.confirm();
      call.response.setHeader('location', `${deps.baseUrl}/${schema.endpoint}/${entry.id}`);
      await sendEntry(resources, call, 201, entry);
    }),
  );
  router.get(
    '/:id',
    on(async (call) => {
      const entry = await read(call);
      const tag = entityTag(await versionOf(call, entry));
      if (!sendIfNotModified(call.request, call.response, tag)) await sendEntry(resources, call, 200, entry);
    }),
  );
  router.put(
    '/:id',
    scimBody(),
    on(async (call) => sendEntry(resources, call, 200, await change(call, resources.replace(call)))),
  );
  router.patch(
    '/:id',
    scimBody(),
    on(async (call) => {
      const operations = readOperations(call.request.body);
      const after = await change(call, resources.patch(call, operations, createPatchWork()));
      if (!resources.isPatchedSilently || queryOf(call.request.url).has('attributes'))
        await sendEntry(resources, call, 200, after);
      else call.response.status(204).end();
    }),
  );
  router.delete(
    '/:id',
    on(async (call) => {
      deps.events.requireRoom();
      await resources.remove(call, await readMatching(call));
      await call.confirm();
      call.response.status(204).end();
    }),
  );
  return router;
}
