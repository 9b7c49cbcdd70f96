import { keyOf } from '../../groups/keys.ts';
import { sessionKeysOf } from '../../sources/stored-source.ts';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { ScimError } from '../answer/scim-error.ts';
import { applyOperations } from '../patch/apply-operations.ts';
import type { Document } from '../resource/document.ts';
import { readResource } from '../resource/read-resource.ts';
import { isSelected, type AttributeSelection } from '../resource/select-attributes.ts';
import { userSchema } from '../schema/schemas.ts';
import { entryResource } from './entry-resource.ts';
import { documentOf, personEntry } from './person-entry.ts';
import { noteRecorded, recordChange, recordUnanswered } from './record-change.ts';
import type { ScimCall } from './require-client.ts';
import type { Attempt, ResourceKind } from './resource-routes.ts';

const groupsOfUser = userSchema.attributes.find(({ name }) => name === 'groups')!;

/** Returns the resources of users, with their groups if requested. */
async function userResources(
  { store, baseUrl, client: { source } }: ScimCall,
  entries: DirectoryEntry[],
  selection: AttributeSelection,
): Promise<Record<string, unknown>[]> {
  if (!isSelected(selection, groupsOfUser))
    return entries.map((entry) => entryResource(userSchema, entry, { baseUrl }));
  return Promise.all(
    entries.map(async (entry) => {
      const groups = await store.get(source.id, 'groups', await store.groupIds(source.id, entry.id));
      const shown = groups.flatMap((group) =>
        group ? [{ value: group.id, display: group.body['displayName'], type: 'direct' }] : [],
      );
      return entryResource(userSchema, entry, { baseUrl, more: shown.length > 0 ? { groups: shown } : {} });
    }),
  );
}

/**
 * Makes a write of a user, records it and reconciles their sessions before the request is answered. Returns false
 * if the entry is stale.
 */
async function recordUser(
  call: ScimCall,
  about: { verb: 'create' | 'update' | 'delete'; code: number; entry: DirectoryEntry; touched: string[] },
  write: () => Promise<'written' | 'stale' | 'taken'>,
): Promise<boolean> {
  const { verb, code, entry, touched } = about;
  const { id, body } = entry;
  const active = verb !== 'delete' && entry.active;
  const change = { verb, kind: 'User', id, name: body['userName'] as string, active } as const;
  const outcome = await recordUnanswered(call, change, write);
  if (outcome === 'taken') throw new ScimError(409, 'Another user has this userName.', 'uniqueness');
  if (outcome === 'stale') return false;
  const recorded = recordChange(call, { ...change, code });
  await call.reconciler.reconcileNow(call.client.source.id, touched);
  await noteRecorded(call, recorded);
  return true;
}

/** Writes a user. Returns false if the entry is stale. */
function write(call: ScimCall, { before, after }: { before?: DirectoryEntry; after: DirectoryEntry }) {
  const { source } = call.client;
  const touched = sessionKeysOf(source.match, [before, after]);
  const [verb, code] = before ? (['update', 200] as const) : (['create', 201] as const);
  const unique = [keyOf.name(after.body['userName'] as string)];
  return recordUser(call, { verb, code, entry: after, touched }, () =>
    call.store.put(source.id, 'people', after, { expected: before?.version, unique, touched }),
  );
}

const attempt =
  (call: ScimCall, next: (before: Document) => Document | Promise<Document>): Attempt =>
  async (before) => {
    const document = await next(documentOf(before));
    const after = personEntry(document, { id: before.id, now: call.now(), before });
    if (JSON.stringify([after.body, after.active]) === JSON.stringify([before.body, before.active])) return before;
    return (await write(call, { before, after })) ? after : undefined;
  };

/** The users of `/Users`. */
export const users: ResourceKind = {
  schema: userSchema,
  kind: 'people',
  noun: 'user',
  versionOf: async (_call, { version }) => String(version),
  toResources: userResources,
  async create(call) {
    const document = { active: true, ...readResource(userSchema, call.request.body) };
    const after = personEntry(document, { id: call.randomId(), now: call.now() });
    if (!(await write(call, { after }))) throw new ScimError(409, 'The user already exists.', 'uniqueness');
    return after;
  },
  replace(call) {
    const document = readResource(userSchema, call.request.body);
    // A user stays deactivated until a request sets `active`.
    return attempt(call, ({ active }) => ({ ...(active === undefined ? {} : { active }), ...document }));
  },
  patch: (call, operations, work) => attempt(call, (before) => applyOperations(userSchema, before, operations, work)),
  isPatchedSilently: false,
  async remove(call, entry) {
    const { source } = call.client;
    const touched = sessionKeysOf(source.match, [entry]);
    const expected = call.request.headers['if-match'] === undefined ? {} : { expected: entry.version };
    const about = { ...expected, gone: touched, touched };
    const isRemoved = await recordUser(call, { verb: 'delete', code: 204, entry, touched }, async () =>
      (await call.store.remove(source.id, 'people', entry.id, about)) ? 'written' : 'stale',
    );
    if (!isRemoved) throw new ScimError(404, 'The user does not exist.');
  },
};
