import { z } from 'zod';
import type { SourceConfigOf } from '@sallyport/contracts';
import { allLinkedPages } from '../api/all-pages.ts';
import type { ApiClient } from '../api/create-api-client.ts';
import { createGroupFilter, type ReadSnapshot } from './snapshot.ts';

const userSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  profile: z.object({ login: z.string().nullish(), email: z.string().nullish() }),
});
const groupSchema = z.object({
  id: z.string().min(1),
  lastMembershipUpdated: z.string().optional(),
  profile: z.object({ name: z.string() }),
});
const memberSchema = z.object({ id: z.string().min(1) });

/** The states in which a user may not log in. Okta's other states concern the password, and Okta checks them itself. */
const inactive = new Set(['SUSPENDED', 'DEPROVISIONED']);
/** Okta's plain list omits deprovisioned users. A search that matches everyone includes them. */
const allUsers = encodeURIComponent('lastUpdated gt "1970-01-01T00:00:00.000Z"');

/**
 * Reads an Okta organisation through its API: users, groups, and the members of each group. `lastMembershipUpdated` is
 * the mark of a group.
 */
export function createReadOkta(api: ApiClient, source: SourceConfigOf<'okta'>): ReadSnapshot {
  const { url } = source;
  const isWanted = createGroupFilter(source.groups);
  return async () => {
    const users = await allLinkedPages(api, `${url}/api/v1/users?limit=200&search=${allUsers}`, userSchema);
    const groups = await allLinkedPages(api, `${url}/api/v1/groups?limit=200`, groupSchema);
    return {
      people: users.map(({ id, status, profile: { login, email } }) => ({
        id,
        active: !inactive.has(status),
        emails: email == null ? [] : [email],
        ...(login == null ? {} : { name: login }),
      })),
      groups: groups
        .filter(({ profile }) => isWanted(profile.name))
        .map(({ id, profile: { name }, lastMembershipUpdated: mark }) => ({ id, name, mark })),
      membersOf: async ({ id }) =>
        (await allLinkedPages(api, `${url}/api/v1/groups/${encodeURIComponent(id)}/users?limit=200`, memberSchema)).map(
          (member) => member.id,
        ),
    };
  };
}
