import { Router, type Request, type Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import { keyOf } from '../../groups/keys.ts';
import { sessionKeysOf } from '../../sources/stored-source.ts';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';
import { applyOperations } from '../patch/apply-operations.ts';
import { targetsMembers, planMembers, readMembers, type MemberPlan } from '../patch/plan-members.ts';
import { createPatchWork, readOperations } from '../patch/read-operations.ts';
import type { Document } from '../resource/document.ts';
import { readResource } from '../resource/read-resource.ts';
import { groupSchema } from '../schema/schemas.ts';
import { changeMembers, readMembersNow, readPeople } from './change-members.ts';
import { entityTag, sendIfNotModified, requireMatch } from './entry-resource.ts';
import { sendGroup, groupResources, versionsOf } from './group-resources.ts';
import { listResources } from './list-resources.ts';
import { queryOf, scimBody } from './read-request.ts';
import { nothingDone, recordGroupChange, type GroupChange, type GroupWrite } from './record-change.ts';
import { clientOf, type ScimClient, type ScimDeps } from './require-client.ts';

const maxTries = 5;
const idOf = (request: Request) => String(request.params['id']);
const membersOf = (body: unknown) =>
  Object.entries(body as object).find(([name]) => name.toLowerCase() === 'members')?.[1] as unknown;

function groupEntry(document: Document, about: { id: string; now: number; before?: DirectoryEntry }): DirectoryEntry {
  const { id, now, before } = about;
  const { externalId, displayName } = document as { externalId?: string; displayName: string };
  return {
    id,
    keys: [keyOf.name(displayName), ...(externalId === undefined ? [] : [keyOf.id(externalId)])],
    active: true,
    body: document,
    version: (before?.version ?? 0) + 1,
    createdAt: before?.createdAt ?? now,
    changedAt: now,
  };
}

async function readGroup({ store }: ScimDeps, request: Request, response: Response): Promise<DirectoryEntry> {
  const [entry] = await store.get(clientOf(response).source.id, 'groups', [idOf(request)]);
  if (!entry) throw new ScimError(404, 'The group does not exist.');
  return entry;
}

async function create(deps: ScimDeps, request: Request, response: Response): Promise<void> {
  deps.events.requireRoom();
  const client = clientOf(response);
  const entry = groupEntry(readResource(groupSchema, request.body, ['members']), {
    id: deps.randomId(),
    now: deps.now(),
  });
  const add = new Set(readMembers(membersOf(request.body)));
  await readPeople(deps, client, [...add]);
  const done = nothingDone(entry);
  await recordGroupChange(deps, request, response, { verb: 'create', code: 201, done }, async (write) => {
    const outcome = await write({}, () => deps.store.put(client.source.id, 'groups', entry, { expected: undefined }));
    if (outcome !== 'written') throw new ScimError(409, 'The group already exists.', 'uniqueness');
    done.isWritten = true;
    const plan = { replaceAll: false, add, remove: new Set<string>() };
    await changeMembers(deps, client, entry.id, { plan, changed: done.members, write });
  });
  response.setHeader('location', `${deps.baseUrl}/Groups/${entry.id}`);
  await sendGroup(deps, request, response, 201, entry);
}

/**
 * Writes the attributes of a group, and reports whether they are up to date. A new name changes the groups of all its
 * members.
 */
async function writeGroup(
  deps: ScimDeps,
  client: ScimClient,
  document: Document,
  { done, write }: { done: GroupChange; write: GroupWrite },
): Promise<boolean> {
  const { source } = client;
  const before = done.entry;
  if (JSON.stringify(document) === JSON.stringify(before.body)) return true;
  const after = groupEntry(document, { id: before.id, now: deps.now(), before });
  const isRenamed = before.body[source.groupName] !== after.body[source.groupName];
  const memberKeys = async () =>
    isRenamed ? sessionKeysOf(source.match, await readMembersNow(deps, client, before.id)) : [];
  const touched = await memberKeys();
  // An event of an unanswered write has the name that the group was to get.
  done.entry = after;
  const outcome = await write({}, () =>
    deps.store.put(source.id, 'groups', after, { expected: before.version, touched }),
  );
  if (outcome !== 'written') return false;
  done.isWritten = true;
  const known = new Set(touched);
  // The sessions of those who joined in the meantime have the old name.
  const joined = (await memberKeys()).filter((key) => !known.has(key));
  if (joined.length > 0) await deps.store.touch(source.id, joined);
  done.touched = [...touched, ...joined];
  return true;
}

/** Changes a group. Calls `next` again if a concurrent request changed the group first. */
async function change(
  deps: ScimDeps,
  request: Request,
  response: Response,
  next: (before: DirectoryEntry) => Promise<{ document: Document; plan: MemberPlan }>,
): Promise<DirectoryEntry> {
  deps.events.requireRoom();
  const client = clientOf(response);
  for (let tries = 0; tries < maxTries; tries += 1) {
    const before = await readGroup(deps, request, response);
    const [version] = await versionsOf(deps, client.source.id, [before]);
    requireMatch(request, entityTag(version!));
    const { document, plan } = await next(before);
    await readPeople(deps, client, [...plan.add]);
    const done = nothingDone(before);
    const isUpToDate = await recordGroupChange(
      deps,
      request,
      response,
      { verb: 'update', code: 200, done },
      async (write) => {
        if (!(await writeGroup(deps, client, document, { done, write }))) return false;
        await changeMembers(deps, client, before.id, { plan, changed: done.members, write });
        return true;
      },
    );
    if (isUpToDate) return done.entry;
  }
  throw new ScimError(409, 'Other requests are changing this group at the same time. Try again.');
}

/** Deletes a group. Its members are removed first, so that all their sessions are reconciled. */
async function remove(deps: ScimDeps, request: Request, response: Response): Promise<void> {
  deps.events.requireRoom();
  const client = clientOf(response);
  const entry = await readGroup(deps, request, response);
  const [version] = await versionsOf(deps, client.source.id, [entry]);
  requireMatch(request, entityTag(version!));
  const done = nothingDone(entry);
  await recordGroupChange(deps, request, response, { verb: 'delete', code: 204, done }, async (write) => {
    const plan = { replaceAll: true, add: new Set<string>(), remove: new Set<string>() };
    for (let tries = 0; tries < maxTries; tries += 1) {
      await changeMembers(deps, client, entry.id, { plan, changed: done.members, write });
      const removed = await write({}, () =>
        deps.store.remove(client.source.id, 'groups', entry.id).catch((error: unknown) => {
          if (error instanceof ProblemError && error.code === 'conflict') return undefined;
          throw error;
        }),
      );
      if (removed === false) throw new ScimError(404, 'The group does not exist.');
      if (removed) return void (done.isWritten = true);
    }
    throw new ScimError(409, 'Other requests are adding members to this group at the same time. Try again.');
  });
  response.status(204).end();
}

/** Creates the routes of `/Groups` (RFC 7644 3). */
export function groups(deps: ScimDeps): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const list = listResources(deps, groupSchema, (source, entries, selection) =>
    groupResources(deps, source, entries, selection),
  );
  router.get('/', list);
  router.post('/.search', scimBody(), list);
  router.post('/', scimBody(), (request: Request, response: Response) => create(deps, request, response));
  router.get('/:id', async (request, response) => {
    const entry = await readGroup(deps, request, response);
    const [version] = await versionsOf(deps, clientOf(response).source.id, [entry]);
    if (!sendIfNotModified(request, response, entityTag(version!)))
      await sendGroup(deps, request, response, 200, entry);
  });
  router.put('/:id', scimBody(), async (request: Request, response: Response) => {
    const document = readResource(groupSchema, request.body, ['members']);
    const plan: MemberPlan = {
      replaceAll: true,
      add: new Set(readMembers(membersOf(request.body))),
      remove: new Set(),
    };
    await sendGroup(
      deps,
      request,
      response,
      200,
      await change(deps, request, response, async () => ({ document, plan })),
    );
  });
  router.patch('/:id', scimBody(), async (request: Request, response: Response) => {
    const operations = readOperations(request.body);
    const work = createPatchWork();
    const after = await change(deps, request, response, async (before) => {
      const plan: MemberPlan = { replaceAll: false, add: new Set(), remove: new Set() };
      let members: Promise<ReadonlySet<string>> | undefined;
      const readAll = async () => new Set(await deps.store.memberIds(clientOf(response).source.id, before.id));
      // Read once for all operations, because there may be very many members.
      const current = () => (members ??= readAll());
      for (const operation of operations)
        if (targetsMembers(operation.path)) await planMembers(plan, operation, { current, work });
      const own = operations.filter(({ path }) => !targetsMembers(path));
      return { document: await applyOperations(groupSchema, before.body, own, work), plan };
    });
    // There may be very many members, so they are sent only to a client that requests attributes.
    if (queryOf(request.url).has('attributes')) await sendGroup(deps, request, response, 200, after);
    else response.status(204).end();
  });
  router.delete('/:id', (request, response) => remove(deps, request, response));
  return router;
}
