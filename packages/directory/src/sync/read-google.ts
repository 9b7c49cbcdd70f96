import { importPKCS8, SignJWT } from 'jose';
import { z } from 'zod';
import type { SourceConfigOf } from '@sallyport/contracts';
import { allTokenPages } from '../api/all-pages.ts';
import { ApiFailure } from '../api/api-failure.ts';
import type { ApiClient } from '../api/create-api-client.ts';
import { createGroupFilter } from './group-filter.ts';
import type { SnapshotPerson, ReadSnapshot } from './snapshot.ts';

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
const keySchema = z.object({
  client_email: z.string().min(1),
  private_key: z.string().min(1),
  private_key_id: z.string().optional(),
});

const scopes = ['group.readonly', 'group.member.readonly', 'user.readonly']
  .map((name) => `https://www.googleapis.com/auth/admin.directory.${name}`)
  .join(' ');

/**
 * The form with which a service account asks for an access token, as the administrator for whom it may act (RFC 7523).
 */
export async function googleTokenForm(
  keyText: string,
  about: { admin: string; tokenUrl: string; now: number },
): Promise<Record<string, string>> {
  const parsed = keySchema.safeParse(parse(keyText));
  if (!parsed.success) throw new ApiFailure('serviceAccountFile is no key of a Google service account');
  const { client_email: issuer, private_key: pem, private_key_id: kid } = parsed.data;
  const key = await importPKCS8(pem, 'RS256').catch(() => {
    throw new ApiFailure('serviceAccountFile holds no private key that can be read');
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

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Reads a Google Workspace by the Directory API: users, groups by their address, and members, those through other
 * groups too.
 */
export function createReadGoogle(api: ApiClient, source: SourceConfigOf<'google'>): ReadSnapshot {
  const at = `${source.url}/admin/directory/v1`;
  const customer = encodeURIComponent(source.customer);
  const isWanted = createGroupFilter(source.groups);
  return async () => {
    const users = await allTokenPages(
      api,
      `${at}/users?customer=${customer}&maxResults=500&projection=basic`,
      'users',
      userSchema,
    );
    const groups = await allTokenPages(api, `${at}/groups?customer=${customer}&maxResults=200`, 'groups', groupSchema);
    const people = new Map<string, SnapshotPerson>(
      users.map(({ id, primaryEmail: email, suspended, archived }) => [
        id,
        { id, name: email, emails: [email], active: suspended !== true && archived !== true },
      ]),
    );
    return {
      // People from elsewhere who are in a group come up with its members.
      get people() {
        return [...people.values()];
      },
      groups: groups.filter(({ email }) => isWanted(email)).map(({ id, email: name }) => ({ id, name })),
      async membersOf({ id: group }) {
        const members = await allTokenPages(
          api,
          `${at}/groups/${encodeURIComponent(group)}/members?includeDerivedMembership=true&maxResults=200`,
          'members',
          memberSchema,
        );
        return members
          .filter(({ type }) => type === undefined || type === 'USER')
          .flatMap(({ id, email, status }) => {
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
