import type { CanailleServer } from '@sallyport/bed';
import { emailOf, realClient, realPeople, type RealProvider } from './real-provider.ts';

const groups = ['developers', 'sre'] as const;
const repeated = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value]);

/**
 * Canaille with everyone in `developers`. It does not state whether addresses are verified, and does not notify clients
 * of logouts.
 */
export function canailleDirectory(server: Pick<CanailleServer, 'url' | 'command'>): RealProvider {
  const run = (...args: string[]) => server.command(args);
  const members = new Map<string, Set<string>>(
    groups.map((group) => [group, new Set(group === 'developers' ? realPeople : ['erin'])]),
  );
  const client = (pagesUrl: string) => [
    '--client-id',
    realClient.id,
    '--client-secret',
    realClient.secret,
    '--client-name',
    'Sallyport',
    '--client-uri',
    pagesUrl,
    '--redirect-uris',
    `${pagesUrl}/.sallyport/callback`,
    '--post-logout-redirect-uris',
    `${pagesUrl}/.sallyport/signed-out`,
    '--response-types',
    'code',
    '--token-endpoint-auth-method',
    'client_secret_basic',
    ...repeated('--grant-types', ['authorization_code', 'refresh_token']),
    ...repeated('--scope', ['openid', 'profile', 'email', 'groups']),
  ];
  return {
    id: 'canaille',
    unsteady: 'two access tokens of a person within a second are identical, and its database refuses the second: 500',
    settings: {
      issuer: server.url,
      clientId: realClient.id,
      clientSecret: realClient.secret,
      scopes: ['openid', 'profile', 'email', 'groups'],
      emailVerified: 'ifPresent',
    },
    async admit(pagesUrl) {
      for (const user of realPeople)
        await run(
          'create',
          'user',
          '--user-name',
          user,
          '--password',
          user,
          '--emails',
          emailOf(user),
          '--family-name',
          user,
          '--formatted-name',
          user,
        );
      for (const group of groups)
        await run('create', 'group', '--display-name', group, ...repeated('--members', [...members.get(group)!]));
      await run('create', 'client', ...client(pagesUrl));
      // Its form for clients sets it automatically. Its command leaves ID tokens without an audience.
      await run('set', 'client', realClient.id, '--audience', realClient.id);
    },
    async setGroups(user, wanted) {
      for (const [group, all] of members) {
        if (wanted.includes(group) === all.has(user)) continue;
        if (wanted.includes(group)) all.add(user);
        else all.delete(user);
        await run('set', 'group', group, ...repeated('--members', [...all]));
      }
    },
    disable: async (user) => void (await run('set', 'user', user, '--lock-date', '2020-01-01T00:00:00+00:00')),
  };
}
