import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { OutboundFetch } from '@sallyport/kit';

type Person = { id: string; login: string; status?: string; suspended?: boolean };
type Group = { id: string; name: string; members: string[]; updated?: string };

/** What the fake APIs tell of, and how they misbehave. */
export type FakeWorld = {
  people: Person[];
  groups: Group[];
  /** Every request, as `METHOD path?query`. */
  calls: string[];
  /** Requests that were answered with 304. */
  unchanged: number;
  pageSize: number;
  /** Replaces an answer, or throws as a network would. */
  intercept?: ((url: URL, init: Parameters<OutboundFetch>[1]) => Response | undefined) | undefined;
  /** What Microsoft Graph says of whom. */
  memberObjects: Record<string, string[]>;
  tokensGiven: number;
};

const json = (body: unknown, headers: Record<string, string> = {}, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json', ...headers } });

/** A page of a list with a Link header, as Okta (`after`) and GitHub (`page`) have it, and an entity tag. */
function linked(
  world: FakeWorld,
  url: URL,
  items: unknown[],
  cursor: 'after' | 'page',
  etag: string | undefined,
): Response {
  const from =
    cursor === 'page'
      ? (Number(url.searchParams.get('page') ?? 1) - 1) * world.pageSize
      : Number(url.searchParams.get('after') ?? 0);
  const page = items.slice(from, from + world.pageSize);
  const next = new URL(url);
  next.searchParams.set(cursor, String(cursor === 'page' ? from / world.pageSize + 2 : from + world.pageSize));
  const hash = `"${createHash('sha256').update(JSON.stringify(page)).digest('hex').slice(0, 16)}"`;
  const self = `<${url.href}>; rel="self"`;
  const link = from + world.pageSize < items.length ? `${self}, <${next.href}>; rel="next"` : self;
  if (etag !== hash) return json(page, { etag: hash, link });
  world.unchanged += 1;
  return new Response(null, { status: 304, headers: { etag: hash, link } });
}

/** Okta's API as its reference has it. */
function okta(world: FakeWorld, url: URL, etag: string | undefined): Response | undefined {
  const user = ({ id, login, status = 'ACTIVE' }: Person) => ({
    id,
    status,
    created: '2024-01-01T00:00:00.000Z',
    profile: { firstName: 'A', login, email: login },
    credentials: { provider: { type: 'OKTA' } },
  });
  if (url.pathname === '/api/v1/users') {
    // Without a search those who are deprovisioned are left out.
    const all =
      url.searchParams.get('search') === 'lastUpdated gt "1970-01-01T00:00:00.000Z"'
        ? world.people
        : world.people.filter(({ status }) => status !== 'DEPROVISIONED');
    return linked(world, url, all.map(user), 'after', etag);
  }
  if (url.pathname === '/api/v1/groups')
    return linked(
      world,
      url,
      world.groups.map(({ id, name, updated }) => ({
        id,
        type: 'OKTA_GROUP',
        lastMembershipUpdated: updated ?? '2026-01-01T00:00:00.000Z',
        profile: { name, description: null },
      })),
      'after',
      etag,
    );
  const [, id] = /^\/api\/v1\/groups\/([^/]+)\/users$/.exec(url.pathname) ?? [];
  const group = world.groups.find((one) => one.id === id);
  return (
    group && linked(world, url, world.people.filter((one) => group.members.includes(one.id)).map(user), 'after', etag)
  );
}

/** GitHub's REST API as its reference has it. */
function github(world: FakeWorld, url: URL, etag: string | undefined): Response | undefined {
  const user = ({ id, login }: Person) => ({ id: Number(id), login, node_id: 'x', type: 'User', site_admin: false });
  if (url.pathname === '/orgs/acme/members') return linked(world, url, world.people.map(user), 'page', etag);
  if (url.pathname === '/orgs/acme/teams')
    return linked(
      world,
      url,
      world.groups.map(({ id, name }) => ({ id: Number(id), slug: name, name, privacy: 'closed' })),
      'page',
      etag,
    );
  const [, slug] = /^\/orgs\/acme\/teams\/([^/]+)\/members$/.exec(url.pathname) ?? [];
  const team = world.groups.find(({ name }) => name === decodeURIComponent(slug ?? ''));
  return team && linked(world, url, world.people.filter(({ id }) => team.members.includes(id)).map(user), 'page', etag);
}

/** Google's Directory API as its reference has it. */
function google(world: FakeWorld, url: URL): Response | undefined {
  const page = (name: string, items: unknown[]) => {
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    const more = from + world.pageSize < items.length;
    return json({
      kind: `admin#directory#${name}`,
      etag: '"x"',
      ...(items.length === 0 ? {} : { [name]: items.slice(from, from + world.pageSize) }),
      ...(more ? { nextPageToken: String(from + world.pageSize) } : {}),
    });
  };
  if (url.searchParams.get('customer') !== 'my_customer' && !url.pathname.endsWith('/members'))
    return json({ error: { code: 400 } }, {}, 400);
  if (url.pathname === '/admin/directory/v1/users')
    return page(
      'users',
      world.people.map(({ id, login, suspended = false }) => ({ id, primaryEmail: login, suspended, archived: false })),
    );
  if (url.pathname === '/admin/directory/v1/groups')
    return page(
      'groups',
      world.groups.map(({ id, name }) => ({ id, email: name, name, directMembersCount: '1' })),
    );
  const [, id] = /^\/admin\/directory\/v1\/groups\/([^/]+)\/members$/.exec(url.pathname) ?? [];
  const group = world.groups.find((one) => one.id === id);
  if (!group || url.searchParams.get('includeDerivedMembership') !== 'true') return undefined;
  return page(
    'members',
    group.members.map((member) =>
      member.startsWith('group:')
        ? { id: member, type: 'GROUP', email: member }
        : {
            id: member,
            type: 'USER',
            status: 'ACTIVE',
            email: world.people.find((one) => one.id === member)?.login ?? `${member}@elsewhere.example`,
          },
    ),
  );
}

/** Google's token endpoint: takes the assertion of a service account for an administrator. */
function googleToken(world: FakeWorld, body: URLSearchParams): Response {
  const assertion = body.get('assertion') ?? '';
  const { iss, sub, aud, scope } = decodeJwt<{ scope: string }>(assertion);
  const right =
    decodeProtectedHeader(assertion).alg === 'RS256' &&
    iss === 'robot@project.iam.gserviceaccount.com' &&
    sub === 'admin@example.com' &&
    aud === 'https://oauth2.googleapis.com/token' &&
    scope.includes('admin.directory.group.member.readonly');
  world.tokensGiven += 1;
  return right
    ? json({ access_token: `google-${world.tokensGiven}`, expires_in: 3599, token_type: 'Bearer' })
    : json({ error: 'invalid_grant' }, {}, 400);
}

/** Microsoft Graph and its token endpoint. */
function graph(world: FakeWorld, url: URL, init: Parameters<OutboundFetch>[1]): Response | undefined {
  const [, id] = /^\/v1\.0\/users\/([^/]+)\/getMemberObjects$/.exec(url.pathname) ?? [];
  if (id === undefined || init.method !== 'POST') return undefined;
  if (init.body !== '{"securityEnabledOnly":true}') return json({ error: { code: 'Request_BadRequest' } }, {}, 400);
  const value = world.memberObjects[id];
  return value
    ? json({ '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)', value })
    : json({ error: { code: 'Request_ResourceNotFound' } }, {}, 404);
}

function answer(world: FakeWorld, url: URL, init: Parameters<OutboundFetch>[1]): Response | undefined {
  const { authorization, 'if-none-match': etag } = init.headers;
  const body = new URLSearchParams(init.body as string | undefined);
  const may = (credential: string, work: () => Response | undefined) =>
    authorization === credential ? work() : json({ errorCode: 'E0000011' }, {}, 401);
  switch (url.origin) {
    case 'https://corp.okta.com':
      return may('SSWS okta-token', () => okta(world, url, etag));
    case 'https://api.github.com':
      return may('Bearer github-token', () => github(world, url, etag));
    case 'https://admin.googleapis.com':
      return may(`Bearer google-${world.tokensGiven}`, () => google(world, url));
    case 'https://oauth2.googleapis.com':
      return googleToken(world, body);
    case 'https://graph.microsoft.com':
      return may('Bearer graph-token', () => graph(world, url, init));
    case 'https://login.microsoftonline.com':
      return url.pathname === '/example.com/oauth2/v2.0/token' &&
        body.get('scope') === 'https://graph.microsoft.com/.default' &&
        body.get('client_secret') === 'graph-secret'
        ? json({ access_token: 'graph-token', expires_in: 3599 })
        : json({ error: 'invalid_client' }, {}, 401);
    default:
      return undefined;
  }
}

/** APIs of Okta, GitHub, Google and Microsoft behind one fetch, all of which tell of the same small world. */
export function createFakeApis(changes: Partial<FakeWorld> = {}) {
  const world: FakeWorld = {
    people: [],
    groups: [],
    calls: [],
    unchanged: 0,
    pageSize: 2,
    memberObjects: {},
    tokensGiven: 0,
    ...changes,
  };
  const fetch: OutboundFetch = async (address, init) => {
    const url = new URL(address);
    world.calls.push(`${init.method} ${url.pathname}${url.search}`);
    if (init.redirect !== 'manual') throw new Error('redirects would be followed');
    return world.intercept?.(url, init) ?? answer(world, url, init) ?? json({}, {}, 404);
  };
  return { world, fetch };
}
