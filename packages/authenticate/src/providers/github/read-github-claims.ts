import { z } from 'zod';
import type { GithubApi } from './github-api.ts';

const userSchema = z.object({ id: z.int().positive(), login: z.string().min(1), name: z.string().nullish() });
const emailSchema = z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() });
const organisationSchema = z.object({ login: z.string().min(1) });
const teamSchema = z.object({ slug: z.string().min(1), organization: organisationSchema });

const has = (scopes: readonly string[], ...names: string[]) => names.some((name) => scopes.includes(name));

/** Returns `acme` for a member of the organisation, and `acme/platform` for a member of its team. */
async function groupsOf(api: GithubApi): Promise<string[]> {
  const [organisations, teams] = await Promise.all([
    api.all('/user/orgs', organisationSchema),
    api.all('/user/teams', teamSchema),
  ]);
  return [
    ...organisations.map(({ login }) => login),
    ...teams.map(({ slug, organization }) => `${organization.login}/${slug}`),
  ];
}

/**
 * Reads a user's claims from GitHub in the form of OpenID claims. The subject is the user's numeric ID, because GitHub
 * reassigns login names. The email address is the primary one. Claims outside of the scopes are left out. A refusal
 * within the scopes is an error, because a missing group could wrongly allow access.
 */
export async function readGithubClaims(
  api: GithubApi,
  { issuer, scopes }: { issuer: string; scopes: readonly string[] },
): Promise<Record<string, unknown>> {
  const withEmail = has(scopes, 'user:email', 'user');
  const withGroups = has(scopes, 'read:org', 'write:org', 'admin:org');
  const [user, emails, groups] = await Promise.all([
    api.one('/user', userSchema),
    withEmail ? api.all('/user/emails', emailSchema) : [],
    withGroups ? groupsOf(api) : undefined,
  ]);
  const primary = emails.find((one) => one.primary);
  return {
    iss: issuer,
    sub: String(user.id),
    login: user.login,
    preferred_username: user.login,
    ...(user.name == null ? {} : { name: user.name }),
    ...(primary === undefined ? {} : { email: primary.email, email_verified: primary.verified }),
    ...(groups === undefined ? {} : { groups }),
  };
}
