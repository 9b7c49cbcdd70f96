import type { DirectoryEntry } from '../../store/directory-store.ts';
import { isSelected, type AttributeSelection } from '../resource/select-attributes.ts';
import { groupSchema } from '../schema/schemas.ts';
import { entryResource } from './entry-resource.ts';
import type { ScimCall } from './require-client.ts';

const members = groupSchema.attributes.find(({ name }) => name === 'members')!;
/** A page ends before it exceeds this, unless it has only one group. The client continues from there. */
const maxMembersPerPage = 20_000;

/** Returns the versions of groups for entity tags. They cover the attributes and the members. */
export async function versionsOf({ store, client }: ScimCall, entries: readonly DirectoryEntry[]): Promise<string[]> {
  const counts = await store.memberVersions(
    client.source.id,
    entries.map(({ id }) => id),
  );
  return entries.map(({ version }, index) => `${version}.${counts[index]}`);
}

/** Returns the resources of groups, with their members if requested. */
export async function groupResources(
  call: ScimCall,
  entries: DirectoryEntry[],
  selection: AttributeSelection,
): Promise<Record<string, unknown>[]> {
  const { store, baseUrl } = call;
  const versions = await versionsOf(call, entries);
  const shown: Record<string, unknown>[] = [];
  let total = 0;
  for (const [index, entry] of entries.entries()) {
    const ids = isSelected(selection, members) ? await store.memberIds(call.client.source.id, entry.id) : [];
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
