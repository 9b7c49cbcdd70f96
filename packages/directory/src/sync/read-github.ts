import { z } from 'zod';
import type { SourceConfigOf } from '@sallyport/contracts';
import { allLinkedPages } from '../api/all-pages.ts';
import type { ApiClient } from '../api/create-api-client.ts';
import { createGroupFilter, type SnapshotGroup, type SnapshotPerson, type ReadSnapshot } from './snapshot.ts';

const memberSchema = z.object({ id: z.int().positive(), login: z.string().min(1) });
const teamSchema = z.object({ id: z.int().positive(), slug: z.string().min(1) });

/** Reads GitHub organisations. `acme` is the group of all members, `acme/platform` a team including its child teams. */
export function createReadGithub(api: ApiClient, source: SourceConfigOf<'github'>): ReadSnapshot {
  const isWanted = createGroupFilter(source.groups);
  const urlOf = (...steps: string[]) => `${source.url}/orgs/${steps.map(encodeURIComponent).join('/')}?per_page=100`;
  return async () => {
    const people = new Map<string, SnapshotPerson>();
    const take = (members: z.infer<typeof memberSchema>[]) =>
      members.map(({ id, login }) => {
        people.set(String(id), { id: String(id), name: login, emails: [], active: true });
        return String(id);
      });
    const groups: SnapshotGroup[] = [];
    const memberships = new Map<string, () => Promise<string[]>>();
    const add = (group: SnapshotGroup, members: () => Promise<string[]>) => {
      if (!isWanted(group.name)) return;
      groups.push(group);
      memberships.set(group.id, members);
    };
    for (const organization of source.organizations) {
      const members = take(await allLinkedPages(api, urlOf(organization, 'members'), memberSchema));
      add({ id: `organization ${organization}`, name: organization }, async () => members);
      for (const { id, slug } of await allLinkedPages(api, urlOf(organization, 'teams'), teamSchema)) {
        add({ id: `team ${id}`, name: `${organization}/${slug}` }, async () =>
          take(await allLinkedPages(api, urlOf(organization, 'teams', slug, 'members'), memberSchema)),
        );
      }
    }
    return {
      get people() {
        return [...people.values()];
      },
      groups,
      membersOf: ({ id }) => memberships.get(id)!(),
    };
  };
}
