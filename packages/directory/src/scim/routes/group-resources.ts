import type { Request, Response } from 'express';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { sendScim } from '../answer/send-scim.ts';
import { selectAttributes, isSelected, readSelection, type AttributeSelection } from '../resource/select-attributes.ts';
import { groupSchema } from '../schema/schemas.ts';
import { entryResource } from './entry-resource.ts';
import { queryOf } from './read-request.ts';
import { clientOf, type ScimDeps } from './require-client.ts';

const members = groupSchema.attributes.find(({ name }) => name === 'members')!;
/** A page ends before it exceeds this, unless it has only one group. The client continues from there. */
const maxMembersPerPage = 20_000;

/** Returns the versions of groups for entity tags. They cover the attributes and the members. */
export async function versionsOf(
  { store }: Pick<ScimDeps, 'store'>,
  source: string,
  entries: readonly DirectoryEntry[],
): Promise<string[]> {
  const counts = await store.memberVersions(
    source,
    entries.map(({ id }) => id),
  );
  return entries.map(({ version }, index) => `${version}.${counts[index]}`);
}

/** Returns the resources of groups, with their members if requested. */
export async function groupResources(
  { store, baseUrl }: ScimDeps,
  source: string,
  entries: DirectoryEntry[],
  selection: AttributeSelection,
): Promise<Record<string, unknown>[]> {
  const versions = await versionsOf({ store }, source, entries);
  const shown: Record<string, unknown>[] = [];
  let total = 0;
  for (const [index, entry] of entries.entries()) {
    const ids = isSelected(selection, members) ? await store.memberIds(source, entry.id) : [];
    total += ids.length;
    if (total > maxMembersPerPage && shown.length > 0) break;
    shown.push(
      entryResource(groupSchema, entry, {
        baseUrl,
        version: versions[index]!,
        more:
          ids.length > 0
            ? { members: ids.map((value) => ({ value, $ref: `${baseUrl}/Users/${value}`, type: 'User' })) }
            : {},
      }),
    );
  }
  return shown;
}

/** Sends one group. */
export async function sendGroup(
  deps: ScimDeps,
  request: Request,
  response: Response,
  status: number,
  entry: DirectoryEntry,
): Promise<void> {
  const selection = readSelection(groupSchema, queryOf(request.url));
  const [shown] = await groupResources(deps, clientOf(response).source.id, [entry], selection);
  const { version } = shown!['meta'] as { version: string };
  response.setHeader('etag', version);
  sendScim(response, status, selectAttributes(groupSchema, selection, shown!));
}
