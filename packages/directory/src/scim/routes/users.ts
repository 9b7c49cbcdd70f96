import { Router, type Request, type Response } from 'express';
import { keyOf } from '../../groups/keys.ts';
import { sessionKeysOf } from '../../sources/stored-source.ts';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';
import { sendScim } from '../answer/send-scim.ts';
import { applyOperations } from '../patch/apply-operations.ts';
import { createPatchWork, readOperations } from '../patch/read-operations.ts';
import type { Document } from '../resource/document.ts';
import { readResource } from '../resource/read-resource.ts';
import { selectAttributes, isSelected, readSelection, type AttributeSelection } from '../resource/select-attributes.ts';
import { userSchema } from '../schema/schemas.ts';
import { entityTag, sendIfNotModified, requireMatch, entryResource } from './entry-resource.ts';
import { listResources } from './list-resources.ts';
import { documentOf, personEntry } from './person-entry.ts';
import { queryOf, scimBody } from './read-request.ts';
import { noteRecorded, recordChange, recordUnanswered } from './record-change.ts';
import { clientOf, type ScimDeps } from './require-client.ts';

const maxTries = 5;
const groupsOfUser = userSchema.attributes.find(({ name }) => name === 'groups')!;
const idOf = (request: Request) => String(request.params['id']);

/** Returns the resources of users, with their groups if requested. */
async function userResources(
  { store, baseUrl }: ScimDeps,
  source: string,
  entries: DirectoryEntry[],
  selection: AttributeSelection,
): Promise<Record<string, unknown>[]> {
  if (!isSelected(selection, groupsOfUser))
    return entries.map((entry) => entryResource(userSchema, entry, { baseUrl }));
  return Promise.all(
    entries.map(async (entry) => {
      const groups = await store.get(source, 'groups', await store.groupIds(source, entry.id));
      const shown = groups.flatMap((group) =>
        group ? [{ value: group.id, display: group.body['displayName'], type: 'direct' }] : [],
      );
      return entryResource(userSchema, entry, { baseUrl, more: shown.length > 0 ? { groups: shown } : {} });
    }),
  );
}

async function send(
  deps: ScimDeps,
  request: Request,
  response: Response,
  status: number,
  entry: DirectoryEntry,
): Promise<void> {
  const selection = readSelection(userSchema, queryOf(request.url));
  const [shown] = await userResources(deps, clientOf(response).source.id, [entry], selection);
  response.setHeader('etag', entityTag(String(entry.version)));
  sendScim(response, status, selectAttributes(userSchema, selection, shown!));
}

async function readPerson({ store }: ScimDeps, request: Request, response: Response): Promise<DirectoryEntry> {
  const [entry] = await store.get(clientOf(response).source.id, 'people', [idOf(request)]);
  if (!entry) throw new ScimError(404, 'The user does not exist.');
  return entry;
}

/** Writes a user and reconciles their sessions before the request is answered. Returns false if the entry is stale. */
async function write(
  deps: ScimDeps,
  request: Request,
  response: Response,
  { before, after }: { before?: DirectoryEntry; after: DirectoryEntry },
): Promise<boolean> {
  const { source } = clientOf(response);
  const touched = sessionKeysOf(source.match, [before, after]);
  const { active, id } = after;
  const change = {
    verb: before ? 'update' : 'create',
    kind: 'User',
    id,
    name: after.body['userName'] as string,
    active,
  } as const;
  const outcome = await recordUnanswered(deps, request, response, change, () =>
    deps.store.put(source.id, 'people', after, {
      expected: before?.version,
      unique: [keyOf.name(after.body['userName'] as string)],
      touched,
    }),
  );
  if (outcome === 'taken') throw new ScimError(409, 'Another user has this userName.', 'uniqueness');
  if (outcome === 'stale') return false;
  const recorded = recordChange(deps, request, response, { ...change, code: before ? 200 : 201 });
  await deps.reconciler.reconcileNow(source.id, touched);
  await noteRecorded(response, recorded);
  return true;
}

async function create(deps: ScimDeps, request: Request, response: Response): Promise<void> {
  deps.events.requireRoom();
  const after = personEntry(
    { active: true, ...readResource(userSchema, request.body) },
    { id: deps.randomId(), now: deps.now() },
  );
  if (!(await write(deps, request, response, { after })))
    throw new ScimError(409, 'The user already exists.', 'uniqueness');
  response.setHeader('location', `${deps.baseUrl}/Users/${after.id}`);
  await send(deps, request, response, 201, after);
}

/** Changes a user. Calls `next` again if a concurrent request changed the user first. */
async function change(
  deps: ScimDeps,
  request: Request,
  response: Response,
  next: (before: Document) => Document | Promise<Document>,
): Promise<void> {
  deps.events.requireRoom();
  for (let tries = 0; tries < maxTries; tries += 1) {
    const before = await readPerson(deps, request, response);
    requireMatch(request, entityTag(String(before.version)));
    const document = await next(documentOf(before));
    const after = personEntry(document, { id: before.id, now: deps.now(), before });
    const isSame = JSON.stringify([after.body, after.active]) === JSON.stringify([before.body, before.active]);
    if (isSame || (await write(deps, request, response, { before, after })))
      return send(deps, request, response, 200, isSame ? before : after);
  }
  throw new ScimError(409, 'Other requests are changing this user at the same time. Try again.');
}

async function remove(deps: ScimDeps, request: Request, response: Response): Promise<void> {
  deps.events.requireRoom();
  const { source } = clientOf(response);
  const entry = await readPerson(deps, request, response);
  requireMatch(request, entityTag(String(entry.version)));
  const keys = sessionKeysOf(source.match, [entry]);
  const expected = request.headers['if-match'] === undefined ? {} : { expected: entry.version };
  const change = {
    verb: 'delete',
    kind: 'User',
    id: entry.id,
    name: entry.body['userName'] as string,
    active: false,
  } as const;
  const isRemoved = await recordUnanswered(deps, request, response, change, () =>
    deps.store.remove(source.id, 'people', entry.id, { ...expected, gone: keys, touched: keys }),
  );
  if (!isRemoved) throw new ScimError(404, 'The user does not exist.');
  const recorded = recordChange(deps, request, response, { ...change, code: 204 });
  await deps.reconciler.reconcileNow(source.id, keys);
  await noteRecorded(response, recorded);
  response.status(204).end();
}

/** Creates the routes of `/Users` (RFC 7644 3). */
export function users(deps: ScimDeps): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const list = listResources(deps, userSchema, (source, entries, selection) =>
    userResources(deps, source, entries, selection),
  );
  router.get('/', list);
  router.post('/.search', scimBody(), list);
  router.post('/', scimBody(), (request: Request, response: Response) => create(deps, request, response));
  router.get('/:id', async (request, response) => {
    const entry = await readPerson(deps, request, response);
    if (!sendIfNotModified(request, response, entityTag(String(entry.version))))
      await send(deps, request, response, 200, entry);
  });
  router.put('/:id', scimBody(), (request: Request, response: Response) => {
    const document = readResource(userSchema, request.body);
    // A user stays deactivated until a request sets `active`.
    return change(deps, request, response, ({ active }) => ({
      ...(active === undefined ? {} : { active }),
      ...document,
    }));
  });
  router.patch('/:id', scimBody(), (request: Request, response: Response) => {
    const operations = readOperations(request.body);
    const work = createPatchWork();
    return change(deps, request, response, (before) => applyOperations(userSchema, before, operations, work));
  });
  router.delete('/:id', (request, response) => remove(deps, request, response));
  return router;
}
