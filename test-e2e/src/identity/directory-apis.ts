import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One person and one group, in the form of each API. */
export type DirectoryContents = {
  login: string;
  groupOf: Record<'okta' | 'github' | 'google', string>;
  memberObjects: string[];
};

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Returns the response for each path, below a prefix for each API. */
function answers({ login, groupOf, memberObjects }: DirectoryContents): Record<string, unknown> {
  return {
    'GET /okta/api/v1/users': [{ id: '00u1', status: 'ACTIVE', profile: { login, email: login } }],
    'GET /okta/api/v1/groups': [
      {
        id: '00g1',
        type: 'OKTA_GROUP',
        lastMembershipUpdated: '2026-01-01T00:00:00.000Z',
        profile: { name: groupOf.okta },
      },
    ],
    'GET /okta/api/v1/groups/00g1/users': [{ id: '00u1', status: 'ACTIVE', profile: { login } }],
    'GET /github/orgs/acme/members': [{ id: 1, login: 'octocat' }],
    'GET /github/orgs/acme/teams': [{ id: 7, slug: groupOf.github, name: groupOf.github }],
    [`GET /github/orgs/acme/teams/${groupOf.github}/members`]: [{ id: 1, login: 'octocat' }],
    'POST /google/token': { access_token: 'google-token', expires_in: 3599, token_type: 'Bearer' },
    'GET /google/admin/directory/v1/users': {
      kind: 'admin#directory#users',
      users: [{ id: '117', primaryEmail: login, suspended: false }],
    },
    'GET /google/admin/directory/v1/groups': {
      kind: 'admin#directory#groups',
      groups: [{ id: 'g1', email: groupOf.google, name: 'G' }],
    },
    'GET /google/admin/directory/v1/groups/g1/members': {
      kind: 'admin#directory#members',
      members: [{ id: '117', email: login, type: 'USER', status: 'ACTIVE' }],
    },
    'POST /entra/example.com/oauth2/v2.0/token': {
      access_token: 'graph-token',
      expires_in: 3599,
      token_type: 'Bearer',
    },
    'POST /graph/users/11111111-2222-3333-4444-555555555555/getMemberObjects': { value: memberObjects },
  };
}

const credentials: Record<string, string> = {
  okta: 'SSWS okta-token',
  github: 'Bearer github-token',
  google: 'Bearer google-token',
  graph: 'Bearer graph-token',
};

/** Starts the APIs of Okta, GitHub, Google and Microsoft on one server, with the same contents. */
export async function startDirectoryApis(contents: DirectoryContents): Promise<{ url: string; stop(): Promise<void> }> {
  const all = answers(contents);
  const server = createServer(
    (request, response) =>
      void (async () => {
        const path = request.url!.split('?', 1)[0]!;
        const body = await bodyOf(request);
        const api = path.split('/')[1]!;
        const isToken = path.endsWith('/token');
        const allowed = isToken
          ? /client_secret=graph-secret|assertion=ey/.test(body)
          : request.headers.authorization === credentials[api];
        const answer = all[`${request.method} ${path}`];
        const status = !allowed ? 401 : answer === undefined ? 404 : 200;
        response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(status === 200 ? answer : {}));
      })(),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
