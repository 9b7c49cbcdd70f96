import { createHash } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { OutboundFetch } from '@sallyport/kit';

type Person = { id: string; login: string; status?: string; suspended?: boolean };
type Group = { id: string; name: string; members: string[]; updated?: string };

/** The content of the fake APIs, and how they misbehave. */
export type FakeState = {
  people: Person[];
  groups: Group[];
  /** Every request, as `METHOD path?query`. */
  calls: string[];
  /** The number of answers with status 304. */
  unchanged: number;
  pageSize: number;
  /** Replaces an answer, or throws like a failing network. */
  intercept?: ((url: URL, init: Parameters<OutboundFetch>[1]) => Response | undefined) | undefined;
  /** The groups of each user in Microsoft Graph. */
  memberObjects: Record<string, string[]>;
  tokensIssued: number;
};

const json = (body: unknown, headers: Record<string, string> = {}, status = 200) =>
  Response.json(body, { status, headers });

/** Returns a page with an entity tag and a Link header like Okta's (`after`) or GitHub's (`page`). */
function linked(
  state: FakeState,
  url: URL,
  items: unknown[],
  cursor: 'after' | 'page',
  etag: string | undefined,
): Response {
  const from =
    cursor === 'page'
      ? (Number(url.searchParams.get('page') ?? 1) - 1) * state.pageSize
      : Number(url.searchParams.get('after') ?? 0);
  const page = items.slice(from, from + state.pageSize);
  const next = new URL(url);
  next.searchParams.set(cursor, String(cursor === 'page' ? from / state.pageSize + 2 : from + state.pageSize));
  const hash = `"${createHash('sha256').update(JSON.stringify(page)).digest('hex').slice(0, 16)}"`;
  const self = `<${url.href}>; rel="self"`;
  const link = from + state.pageSize < items.length ? `${self}, <${next.href}>; rel="next"` : self;
  if (etag !== hash) return json(page, { etag: hash, link });
  state.unchanged += 1;
  return new Response(null, { status: 304, headers: { etag: hash, link } });
}

/** Okta's API, according to its reference. */
function okta(state: FakeState, url: URL, etag: string | undefined): Response | undefined {
  const user = ({ id, login, status = 'ACTIVE' }: Person) => ({
    id,
    status,
    created: '2024-01-01T00:00:00.000Z',
    profile: { firstName: 'A', login, email: login },
    credentials: { provider: { type: 'OKTA' } },
  });
  if (url.pathname === '/api/v1/users') {
    // Without a search, deprovisioned users are omitted.
    const all =
      url.searchParams.get('search') === 'lastUpdated gt "1970-01-01T00:00:00.000Z"'
        ? state.people
        : state.people.filter(({ status }) => status !== 'DEPROVISIONED');
    return linked(state, url, all.map(user), 'after', etag);
  }
  if (url.pathname === '/api/v1/groups')
    return linked(
      state,
      url,
      state.groups.map(({ id, name, updated }) => ({
        id,
        type: 'OKTA_GROUP',
        lastMembershipUpdated: updated ?? '2026-01-01T00:00:00.000Z',
        profile: { name, description: null },
      })),
      'after',
      etag,
    );
  const [, id] = /^\/api\/v1\/groups\/([^/]+)\/users$/.exec(url.pathname) ?? [];
  const group = state.groups.find((one) => one.id === id);
  return (
    group && linked(state, url, state.people.filter((one) => group.members.includes(one.id)).map(user), 'after', etag)
  );
}

/** GitHub's REST API, according to its reference. */
function github(state: FakeState, url: URL, etag: string | undefined): Response | undefined {
  const user = ({ id, login }: Person) => ({ id: Number(id), login, node_id: 'x', type: 'User', site_admin: false });
  if (url.pathname === '/orgs/acme/members') return linked(state, url, state.people.map(user), 'page', etag);
  if (url.pathname === '/orgs/acme/teams')
    return linked(
      state,
      url,
      state.groups.map(({ id, name }) => ({ id: Number(id), slug: name, name, privacy: 'closed' })),
      'page',
      etag,
    );
  const [, slug] = /^\/orgs\/acme\/teams\/([^/]+)\/members$/.exec(url.pathname) ?? [];
  const team = state.groups.find(({ name }) => name === decodeURIComponent(slug ?? ''));
  return team && linked(state, url, state.people.filter(({ id }) => team.members.includes(id)).map(user), 'page', etag);
}

/** Google's Directory API, according to its reference. */
function google(state: FakeState, url: URL): Response | undefined {
  const page = (name: string, items: unknown[]) => {
    const from = Number(url.searchParams.get('pageToken') ?? 0);
    const more = from + state.pageSize < items.length;
    return json({
      kind: `admin#directory#${name}`,
      etag: '"x"',
      ...(items.length === 0 ? {} : { [name]: items.slice(from, from + state.pageSize) }),
      ...(more ? { nextPageToken: String(from + state.pageSize) } : {}),
    });
  };
  if (url.searchParams.get('customer') !== 'my_customer' && !url.pathname.endsWith('/members'))
    return json({ error: { code: 400 } }, {}, 400);
  if (url.pathname === '/admin/directory/v1/users')
    return page(
      'users',
      state.people.map(({ id, login, suspended = false }) => ({ id, primaryEmail: login, suspended, archived: false })),
    );
  if (url.pathname === '/admin/directory/v1/groups')
    return page(
      'groups',
      state.groups.map(({ id, name }) => ({ id, email: name, name, directMembersCount: '1' })),
    );
  const [, id] = /^\/admin\/directory\/v1\/groups\/([^/]+)\/members$/.exec(url.pathname) ?? [];
  const group = state.groups.find((one) => one.id === id);
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
            email: state.people.find((one) => one.id === member)?.login ?? `${member}@elsewhere.example`,
          },
    ),
  );
}

/** Google's token endpoint. Accepts the assertion of a service account for an administrator. */
function googleToken(state: FakeState, body: URLSearchParams): Response {
  const assertion = body.get('assertion') ?? '';
  const { iss, sub, aud, scope } = decodeJwt<{ scope: string }>(assertion);
  const isValid =
    decodeProtectedHeader(assertion).alg === 'RS256' &&
    iss === 'robot@project.iam.gserviceaccount.com' &&
    sub === 'admin@example.com' &&
    aud === 'https://oauth2.googleapis.com/token' &&
    scope.includes('admin.directory.group.member.readonly');
  state.tokensIssued += 1;
  return isValid
    ? json({ access_token: `google-${state.tokensIssued}`, expires_in: 3599, token_type: 'Bearer' })
    : json({ error: 'invalid_grant' }, {}, 400);
}

/** Microsoft Graph and its token endpoint. */
function graph(state: FakeState, url: URL, init: Parameters<OutboundFetch>[1]): Response | undefined {
  const [, id] = /^\/v1\.0\/users\/([^/]+)\/getMemberObjects$/.exec(url.pathname) ?? [];
  if (id === undefined || init.method !== 'POST') return undefined;
  if (init.body !== '{"securityEnabledOnly":true}') return json({ error: { code: 'Request_BadRequest' } }, {}, 400);
  const value = state.memberObjects[id];
  return value
    ? json({ '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#Collection(Edm.String)', value })
    : json({ error: { code: 'Request_ResourceNotFound' } }, {}, 404);
}

function answer(state: FakeState, url: URL, init: Parameters<OutboundFetch>[1]): Response | undefined {
  const { authorization, 'if-none-match': etag } = init.headers;
  const body = new URLSearchParams(init.body as string | undefined);
  const withCredential = (credential: string, work: () => Response | undefined) =>
    authorization === credential ? work() : json({ errorCode: 'E0000011' }, {}, 401);
  switch (url.origin) {
    case 'https://corp.okta.com':
      return withCredential('SSWS okta-token', () => okta(state, url, etag));
    case 'https://api.github.com':
      return withCredential('Bearer github-token', () => github(state, url, etag));
    case 'https://admin.googleapis.com':
      return withCredential(`Bearer google-${state.tokensIssued}`, () => google(state, url));
    case 'https://oauth2.googleapis.com':
      return googleToken(state, body);
    case 'https://graph.microsoft.com':
      return withCredential('Bearer graph-token', () => graph(state, url, init));
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

/** Creates fake APIs of Okta, GitHub, Google and Microsoft behind one fetch, all with the same content. */
export function createFakeApis(changes: Partial<FakeState> = {}) {
  const state: FakeState = {
    people: [],
    groups: [],
    calls: [],
    unchanged: 0,
    pageSize: 2,
    memberObjects: {},
    tokensIssued: 0,
    ...changes,
  };
  const fetch: OutboundFetch = async (address, init) => {
    const url = new URL(address);
    state.calls.push(`${init.method} ${url.pathname}${url.search}`);
    if (init.redirect !== 'manual') throw new Error('redirects would be followed');
    return state.intercept?.(url, init) ?? answer(state, url, init) ?? json({}, {}, 404);
  };
  return { state, fetch };
}
