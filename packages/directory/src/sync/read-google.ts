import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import type { SourceConfigOf } from '@sallyport/contracts';
import { allTokenPages } from '../api/all-pages.ts';
import type { ApiClient } from '../api/create-api-client.ts';
import { ApiFailure } from '../api/create-requester.ts';
import { createGroupFilter, type ReadSnapshot, type SnapshotPerson } from './snapshot.ts';

const keySchema = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
});

const scopes = ['group.readonly', 'group.member.readonly', 'user.readonly']
  .map((name) => `https://www.googleapis.com/auth/admin.directory.${name}`)
  .join(' ');

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Builds the form with which a service account requests an access token on behalf of an administrator (RFC 7523).
 * Throws an ApiFailure if the key cannot be used.
 */
export async function googleTokenForm(
  keyText: string,
  about: { admin: string; tokenUrl: string; now: number },
): Promise<Record<string, string>> {
  const parsed = keySchema.safeParse(parse(keyText));
  if (!parsed.success) throw new ApiFailure('serviceAccountFile is not the key file of a Google service account');
  const { client_email: issuer, private_key: pem, private_key_id: kid } = parsed.data;
  const key = await importPKCS8(pem, 'RS256').catch(() => {
    throw new ApiFailure('the private key in serviceAccountFile cannot be read');
  });
  const issuedAt = Math.floor(about.now / 1000);
  const assertion = await new SignJWT({ scope: scopes })
    .setProtectedHeader({ alg: 'RS256', ...(kid === undefined ? {} : { kid }) })
    .setIssuer(issuer)
    .setSubject(about.admin)
    .setAudience(about.tokenUrl)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + 3600)
    .sign(key);
  return { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
}

const userSchema = z.object({
  id: z.string().min(1),
  primaryEmail: z.string(),
  suspended: z.boolean().optional(),
  archived: z.boolean().optional(),
});
const groupSchema = z.object({ id: z.string().min(1), email: z.string().min(1) });
const memberSchema = z.object({
  id: z.string().optional(),
  email: z.string().optional(),
  type: z.string().optional(),
  status: z.string().optional(),
});

/**
 * Reads a Google Workspace through the Directory API: users, groups named by their address, and members, including
 * those through nested groups.
 */
export function createReadGoogle(api: ApiClient, source: SourceConfigOf<'google'>): ReadSnapshot {
  const base = `${source.url}/admin/directory/v1`;
  const customer = encodeURIComponent(source.customer);
  const isWanted = createGroupFilter(source.groups);
  const readMembers = (groupId: string) =>
    allTokenPages(
      api,
      `${base}/groups/${encodeURIComponent(groupId)}/members?includeDerivedMembership=true&maxResults=200`,
      'members',
      memberSchema,
    );
  return async () => {
    const users = await allTokenPages(
      api,
      `${base}/users?customer=${customer}&maxResults=500&projection=basic`,
      'users',
      userSchema,
    );
    const groups = await allTokenPages(
      api,
      `${base}/groups?customer=${customer}&maxResults=200`,
      'groups',
      groupSchema,
    );
    const people = new Map<string, SnapshotPerson>(
      users.map(({ id, primaryEmail: email, suspended, archived }) => [
        id,
        { id, name: email, emails: [email], active: suspended !== true && archived !== true },
      ]),
    );
    return {
      // Members from outside the Workspace are not in the list of users. They are added as groups are read.
      get people() {
        return [...people.values()];
      },
      groups: groups.filter(({ email }) => isWanted(email)).map(({ id, email: name }) => ({ id, name })),
      async membersOf({ id: groupId }) {
        const members = (await readMembers(groupId)).filter(({ type }) => type === undefined || type === 'USER');
        return members.flatMap(({ id, email, status }) => {
          if (id === undefined) return [];
          if (!people.has(id))
            people.set(id, {
              id,
              emails: email === undefined ? [] : [email],
              active: status !== 'SUSPENDED',
              ...(email === undefined ? {} : { name: email }),
            });
          return [id];
        });
      },
    };
  };
}
