import { hashToken } from '@sallyport/kit';
import type { OutboundFetch } from '@sallyport/kit';

type Email = { email: string; primary: boolean; verified: boolean; visibility?: string | null };
type FakePerson = {
  id: number;
  login: string;
  name: string | null;
  email?: string | null;
  emails: Email[];
  orgs: string[];
  teams: [org: string, slug: string][];
};

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  Response.json(body, { status, headers });
const pageSize = 2;

const alice: FakePerson = {
  id: 583231,
  login: 'alice',
  name: 'Alice',
  email: 'public@alice.example',
  emails: [
    { email: 'old@example.com', primary: false, verified: true },
    { email: 'alice@example.com', primary: true, verified: true, visibility: 'private' },
  ],
  orgs: ['acme', 'globex', 'initech'],
  teams: [
    ['acme', 'platform'],
    ['acme', 'on-call'],
    ['globex', 'platform'],
  ],
};

type State = {
  person: FakePerson;
  calls: string[];
  codes: Map<string, { challenge: string; redirectUri: string; scopes: string[] }>;
  tokens: Map<string, string[]>;
  refreshTokens: Set<string>;
  /** Replaces a response, or throws like a network. */
  intercept: (path: string) => Response | undefined;
};

/** Creates GitHub's token endpoint. With `expiring` it issues refresh tokens, like GitHub apps. */
function createTokenEndpoint(state: State, expiring: boolean) {
  let issued = 0;
  const issue = (scopes: string[]) => {
    issued += 1;
    state.tokens.set(`gho_access${issued}`, scopes);
    if (expiring) state.refreshTokens.add(`ghr_refresh${issued}`);
    return json({
      access_token: `gho_access${issued}`,
      token_type: 'bearer',
      scope: scopes.join(','),
      ...(expiring
        ? { expires_in: 28_800, refresh_token: `ghr_refresh${issued}`, refresh_token_expires_in: 15_897_600 }
        : {}),
    });
  };
  return (body: URLSearchParams, accept: string | undefined): Response => {
    if (accept !== 'application/json')
      return new Response('error=unsupported', { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    if (body.get('client_secret') !== 's3cr3t' || body.get('client_id') !== 'Iv1.client')
      return json({
        error: 'incorrect_client_credentials',
        error_description: 'The client_id and/or client_secret passed are incorrect.',
      });
    if (body.get('grant_type') === 'refresh_token')
      return state.refreshTokens.delete(body.get('refresh_token') ?? '')
        ? issue(['read:user', 'user:email', 'read:org'])
        : json({ error: 'bad_refresh_token' });
    const grant = state.codes.get(body.get('code') ?? '');
    state.codes.delete(body.get('code') ?? '');
    if (!grant || hashToken(body.get('code_verifier') ?? '') !== grant.challenge)
      return json({ error: 'bad_verification_code', error_description: 'The code passed is incorrect or expired.' });
    return grant.redirectUri === body.get('redirect_uri')
      ? issue(grant.scopes)
      : json({ error: 'redirect_uri_mismatch' });
  };
}

function answerPage(items: unknown[], url: URL): Response {
  const page = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(url);
  next.searchParams.set('page', String(page + 1));
  const more = items.length > page * pageSize;
  return json(
    items.slice((page - 1) * pageSize, page * pageSize),
    200,
    more ? { link: `<${next.href}>; rel="next", <${next.href}>; rel="last"` } : {},
  );
}

/** Answers the part of GitHub's API that identifies a user. */
function answerApi(state: State, path: string, url: URL, headers: Record<string, string>): Response {
  const scopes = state.tokens.get(headers['authorization']?.replace('Bearer ', '') ?? '');
  if (headers['user-agent'] === undefined) return json({ message: 'Request forbidden by administrative rules.' }, 403);
  if (!scopes) return json({ message: 'Bad credentials' }, 401);
  const { id, login, name, email, emails, orgs, teams } = state.person;
  const may = (scope: string) => scopes.includes(scope);
  if (path === '/user')
    return json({ id, login, node_id: 'x', name, email, type: 'User', two_factor_authentication: true });
  if (path === '/user/emails') return may('user:email') ? answerPage(emails, url) : json({ message: 'Not Found' }, 404);
  if (path === '/user/orgs')
    return may('read:org')
      ? answerPage(
          orgs.map((org, index) => ({ login: org, id: index })),
          url,
        )
      : json({ message: 'You need at least read:org scope' }, 403);
  if (path === '/user/teams')
    return may('read:org')
      ? answerPage(
          teams.map(([org, slug]) => ({ slug, name: slug, organization: { login: org } })),
          url,
        )
      : json({ message: 'Must have admin rights' }, 403);
  return json({ message: 'Not Found' }, 404);
}

/** Creates a server like GitHub: its OAuth endpoints, and the API that identifies a user, with pages of two entries. */
export function createFakeGithub({ at = 'https://github.com', api = 'https://api.github.com', expiring = false } = {}) {
  const state: State = {
    person: alice,
    calls: [],
    codes: new Map(),
    tokens: new Map(),
    refreshTokens: new Set(),
    intercept: () => undefined,
  };
  const answerToken = createTokenEndpoint(state, expiring);

  const fetch: OutboundFetch = async (address, { method, headers, body }) => {
    const url = new URL(address);
    const path = address.startsWith(`${api}/`) ? address.slice(api.length).split('?')[0]! : url.pathname;
    state.calls.push(`${method} ${url.origin}${url.pathname}`);
    const instead = state.intercept(path);
    if (instead) return instead;
    if (address === `${at}/login/oauth/access_token` && method === 'POST')
      return answerToken(new URLSearchParams(body as string), headers['accept']);
    return address.startsWith(`${api}/`) ? answerApi(state, path, url, headers) : json({}, 404);
  };

  /** The user approves. Returns the query of the callback. */
  const logIn = (address: string): Record<string, string> => {
    const { searchParams: query } = new URL(address);
    const code = `code-${Math.random()}`;
    state.codes.set(code, {
      challenge: query.get('code_challenge') ?? '',
      redirectUri: query.get('redirect_uri') ?? '',
      scopes: (query.get('scope') ?? '').split(' '),
    });
    return { code, state: query.get('state') ?? '' };
  };
  return Object.assign(state, { fetch, logIn });
}
export type FakeGithub = ReturnType<typeof createFakeGithub>;
