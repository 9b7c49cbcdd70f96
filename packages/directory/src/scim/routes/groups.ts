import { ProblemError } from '@sallyport/kit';
import { keyOf } from '../../groups/keys.ts';
import { sessionKeysOf } from '../../sources/stored-source.ts';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';
import { applyOperations } from '../patch/apply-operations.ts';
import { targetsMembers, planMembers, readMembers, type MemberPlan } from '../patch/plan-members.ts';
import type { Document } from '../resource/document.ts';
import { readResource } from '../resource/read-resource.ts';
import { groupSchema } from '../schema/schemas.ts';
import { member } from '../values/maps.ts';
import { changeMembers, readMembersNow, readPeople } from './change-members.ts';
import { groupResources, versionsOf } from './group-resources.ts';
import { nothingDone, recordGroupChange, type GroupChange, type GroupWrite } from './record-change.ts';
import type { ScimCall } from './require-client.ts';
import { maxTries, type Attempt, type ResourceKind } from './resource-routes.ts';

/** Returns the plan that makes a group have the members in a body, or adds them. */
const planFor = (body: unknown, replaceAll: boolean): MemberPlan => ({
  replaceAll,
  add: new Set(readMembers(member(body as object, 'members'))),
  remove: new Set(),
});

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

/**
 * Writes the attributes of a group, and reports whether they are up to date. A new name changes the groups of all its
 * members.
 */
async function writeGroup(
  call: ScimCall,
  document: Document,
  { done, write }: { done: GroupChange; write: GroupWrite },
): Promise<boolean> {
  const { store, client } = call;
  const { source } = client;
  const before = done.entry;
  if (JSON.stringify(document) === JSON.stringify(before.body)) return true;
  const after = groupEntry(document, { id: before.id, now: call.now(), before });
  const isRenamed = before.body[source.groupName] !== after.body[source.groupName];
  const memberKeys = async () => (isRenamed ? sessionKeysOf(source.match, await readMembersNow(call, before.id)) : []);
  const touched = await memberKeys();
  // An event of an unanswered write has the name that the group was to get.
  done.entry = after;
  const outcome = await write({}, () => store.put(source.id, 'groups', after, { expected: before.version, touched }));
  if (outcome !== 'written') return false;
  done.isWritten = true;
  const known = new Set(touched);
  // The sessions of those who joined in the meantime have the old name.
  const joined = (await memberKeys()).filter((key) => !known.has(key));
  if (joined.length > 0) await store.touch(source.id, joined);
  done.touched = [...touched, ...joined];
  return true;
}

const attempt =
  (call: ScimCall, next: (before: DirectoryEntry) => Promise<{ document: Document; plan: MemberPlan }>): Attempt =>
  async (before) => {
    const { document, plan } = await next(before);
    await readPeople(call, [...plan.add]);
    const done = nothingDone(before);
    return recordGroupChange(call, { verb: 'update', code: 200, done }, async (write) => {
      if (!(await writeGroup(call, document, { done, write }))) return undefined;
      await changeMembers(call, before.id, { plan, changed: done.members, write });
      return done.entry;
    });
  };

/** The groups of `/Groups`. */
export const groups: ResourceKind = {
  schema: groupSchema,
  kind: 'groups',
  noun: 'group',
  versionOf: async (call, entry) => (await versionsOf(call, [entry]))[0]!,
  toResources: groupResources,
  async create(call) {
    const { store, client, request } = call;
    const document = readResource(groupSchema, request.body, ['members']);
    const entry = groupEntry(document, { id: call.randomId(), now: call.now() });
    const plan = planFor(request.body, false);
    await readPeople(call, [...plan.add]);
    const done = nothingDone(entry);
    await recordGroupChange(call, { verb: 'create', code: 201, done }, async (write) => {
      const outcome = await write({}, () => store.put(client.source.id, 'groups', entry, { expected: undefined }));
      if (outcome !== 'written') throw new ScimError(409, 'The group already exists.', 'uniqueness');
      done.isWritten = true;
      await changeMembers(call, entry.id, { plan, changed: done.members, write });
    });
    return entry;
  },
  replace(call) {
    const document = readResource(groupSchema, call.request.body, ['members']);
    const plan = planFor(call.request.body, true);
    return attempt(call, async () => ({ document, plan }));
  },
  patch: (call, operations, work) =>
    attempt(call, async (before) => {
      const plan: MemberPlan = { replaceAll: false, add: new Set(), remove: new Set() };
      let members: Promise<ReadonlySet<string>> | undefined;
      const readAll = async () => new Set(await call.store.memberIds(call.client.source.id, before.id));
      // Read once for all operations, because there may be very many members.
      const current = () => (members ??= readAll());
      for (const operation of operations)
        if (targetsMembers(operation.path)) await planMembers(plan, operation, { current, work });
      const own = operations.filter(({ path }) => !targetsMembers(path));
      return { document: await applyOperations(groupSchema, before.body, own, work), plan };
    }),
  // There may be very many members.
  isPatchedSilently: true,
  /** The members are removed first, so that all their sessions are reconciled. */
  async remove(call, entry) {
    const done = nothingDone(entry);
    await recordGroupChange(call, { verb: 'delete', code: 204, done }, async (write) => {
      const plan = { replaceAll: true, add: new Set<string>(), remove: new Set<string>() };
      for (let tries = 0; tries < maxTries; tries += 1) {
        await changeMembers(call, entry.id, { plan, changed: done.members, write });
        const removed = await write({}, () =>
          call.store.remove(call.client.source.id, 'groups', entry.id).catch((error: unknown) => {
            if (error instanceof ProblemError && error.code === 'conflict') return undefined;
            throw error;
          }),
        );
        if (removed === false) throw new ScimError(404, 'The group does not exist.');
        if (removed) return void (done.isWritten = true);
      }
      throw new ScimError(409, 'Other requests are adding members to this group at the same time. Try again.');
    });
  },
};
