import type { KeycloakServer } from '@sallyport/bed';
import { emailOf, realClient, realPeople, type RealProvider } from './real-provider.ts';

const realm = 'sallyport';
const groups = ['developers', 'sre'] as const;

/** The admin API of Keycloak. */
function administer({ url, admin }: Pick<KeycloakServer, 'url' | 'admin'>) {
  const logIn = async () => {
    const body = new URLSearchParams({
      grant_type: 'password',
      client_id: 'admin-cli',
      username: admin.user,
      password: admin.password,
    });
    const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, { method: 'POST', body });
    if (!answer.ok) throw new Error(`Keycloak refuses its administrator: ${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { access_token: string }).access_token;
  };
  return async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${await logIn()}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}/admin/realms${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`Keycloak: ${method} ${path}: ${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
}

const groupsMapper = {
  name: 'groups',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-group-membership-mapper',
  config: {
    'claim.name': 'groups',
    'full.path': 'false',
    'id.token.claim': 'true',
    'access.token.claim': 'false',
    'userinfo.token.claim': 'true',
  },
};

const describeRealm = (pagesUrl: string) => ({
  realm,
  enabled: true,
  sslRequired: 'none',
  groups: groups.map((name) => ({ name })),
  users: realPeople.map((user) => ({
    username: user,
    enabled: true,
    email: emailOf(user),
    emailVerified: true,
    firstName: user,
    lastName: 'Example',
    groups: ['developers'],
    credentials: [{ type: 'password', value: user, temporary: false }],
  })),
  clients: [
    {
      clientId: realClient.id,
      secret: realClient.secret,
      redirectUris: [`${pagesUrl}/.sallyport/callback/keycloak`],
      protocolMappers: [groupsMapper],
      attributes: {
        'post.logout.redirect.uris': `${pagesUrl}/.sallyport/signed-out`,
        'pkce.code.challenge.method': 'S256',
        'backchannel.logout.url': `${pagesUrl}/.sallyport/backchannel-logout/keycloak`,
        'backchannel.logout.session.required': 'true',
      },
    },
  ],
});

/**
 * A realm in Keycloak with everyone in `developers`, and a *Group Membership* mapper as described in docs/providers.md.
 */
export function keycloakRealm(server: Pick<KeycloakServer, 'url' | 'admin'>): RealProvider {
  const ask = administer(server);
  const idOf = async (kind: 'users' | 'groups', name: string) => {
    const found = await ask<{ id: string; username?: string; name?: string }[]>(
      'GET',
      `/${realm}/${kind}?${kind === 'users' ? 'username' : 'search'}=${name}&exact=true`,
    );
    return found.find((one) => (one.username ?? one.name) === name)!.id;
  };
  return {
    id: 'keycloak',
    settings: {
      issuer: `${server.url}/realms/${realm}`,
      clientId: realClient.id,
      clientSecret: realClient.secret,
      scopes: ['openid', 'profile', 'email'],
      ownCallback: true,
    },
    admit: (pagesUrl) => ask('POST', '', describeRealm(pagesUrl)),
    async setGroups(user, wanted) {
      const id = await idOf('users', user);
      for (const group of groups)
        await ask(
          wanted.includes(group) ? 'PUT' : 'DELETE',
          `/${realm}/users/${id}/groups/${await idOf('groups', group)}`,
        );
    },
    disable: async (user) => ask('PUT', `/${realm}/users/${await idOf('users', user)}`, { enabled: false }),
    logOutThere: async (user) => ask('POST', `/${realm}/users/${await idOf('users', user)}/logout`),
  };
}
