import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

type Session = { id: string; user: string; groups: string[]; expiresAt: number; idleMs: number };
type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
type Call = { method: string; path: string; query: URLSearchParams; token: string | undefined; body: string };

/** A gateway's login and API as the CLI sees them, in memory, that lets everybody in as alice. */
export type FakeGateway = {
  origin: string;
  sessions: Map<string, Session>;
  /** `GET /.sallyport/me` and so on, in the order in which they came. */
  calls: string[];
  /** Whole requests, to search for what must not be in them. */
  raw: string[];
  sessionLife: { lifetimeMs: number; idleMs: number };
  /** Answers before the gateway's own; for hostile and broken ones. */
  override: (call: Call) => Answer | undefined;
  audit: { events: unknown[]; scope?: string };
  /** What a device hears, one answer after the other, before it is let in; and what it asked. */
  device: { answers: (string | Answer)[]; asked: URLSearchParams[] };
  /** What is open; all in the session of whoever asks. */
  streams: object[];
  revokeAll(): void;
  close(): Promise<void>;
};

const read = async (request: IncomingMessage) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

export async function startFakeGateway(tls?: { key: string; cert: string }): Promise<FakeGateway> {
  const codes = new Map<string, { challenge: string; redirectUri: string }>();
  const gateway: FakeGateway = {
    origin: '',
    sessions: new Map(),
    calls: [],
    raw: [],
    sessionLife: { lifetimeMs: 43_200_000, idleMs: 7_200_000 },
    override: () => undefined,
    audit: { events: [] },
    streams: [],
    device: { answers: [], asked: [] },
    revokeAll: () => gateway.sessions.clear(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    read(request).then(
      (body) => {
        const url = new URL(request.url ?? '/', gateway.origin);
        const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
        const call: Call = { method: request.method ?? '', path: url.pathname, query: url.searchParams, token, body };
        gateway.calls.push(`${call.method} ${call.path}`);
        gateway.raw.push(JSON.stringify({ url: request.url, body }));
        const answer = gateway.override(call) ?? answerCall(gateway, codes, call, request.headers.accept ?? '');
        const text =
          answer.body === undefined ? '' : typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end(text);
      },
      () => response.destroy(),
    );
  };
  const server: Server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  gateway.origin = `${tls === undefined ? 'http' : 'https'}://localhost:${(server.address() as AddressInfo).port}`;
  return gateway;
}

function answerCall(
  gateway: FakeGateway,
  codes: Map<string, { challenge: string; redirectUri: string }>,
  call: Call,
  accept: string,
): Answer {
  const { query } = call;
  if (call.path === '/.sallyport/login') {
    if (accept === 'application/json')
      return { status: 200, body: { signInUrl: `${gateway.origin}/.sallyport/login?${query.toString()}` } };
    const code = randomBytes(16).toString('base64url');
    const redirectUri = query.get('redirect_uri') ?? '';
    codes.set(code, { challenge: query.get('code_challenge') ?? '', redirectUri });
    if (redirectUri.startsWith('urn:')) return { status: 200, body: `<p class="paste">${code}</p>` };
    return {
      status: 302,
      headers: {
        location: `${redirectUri}?${new URLSearchParams({ code, state: query.get('state') ?? '' }).toString()}`,
      },
    };
  }
  if (call.path.startsWith('/.sallyport/api/v1/device/')) return answerDevice(gateway, call);
  if (call.path === '/.sallyport/token') return exchange(gateway, codes, new URLSearchParams(call.body));
  const session = gateway.sessions.get(call.token ?? '');
  if (session === undefined)
    return { status: 401, body: { type: 'about:blank', title: 'Log in first', status: 401, code: 'unauthenticated' } };
  return answerPerson(gateway, call, session);
}

function exchange(
  gateway: FakeGateway,
  codes: Map<string, { challenge: string; redirectUri: string }>,
  form: URLSearchParams,
): Answer {
  const code = form.get('code') ?? '';
  const found = codes.get(code);
  codes.delete(code);
  const challenge = createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url');
  if (
    found === undefined ||
    found.challenge !== challenge ||
    found.redirectUri !== form.get('redirect_uri') ||
    form.get('grant_type') !== 'authorization_code'
  ) {
    return {
      status: 400,
      body: { error: 'invalid_grant', error_description: 'The code is not known or was already used.' },
    };
  }
  return letIn(gateway);
}

function answerDevice(gateway: FakeGateway, call: Call): Answer {
  const form = new URLSearchParams(call.body);
  gateway.device.asked.push(form);
  if (call.path.endsWith('/code')) {
    const page = `${gateway.origin}/.sallyport/device`;
    return {
      status: 200,
      body: {
        device_code: 'spd_0123456789abcdef',
        user_code: 'BCDF-GHJK',
        verification_uri: page,
        verification_uri_complete: `${page}?user_code=BCDF-GHJK`,
        expires_in: 300,
        interval: 5,
      },
    };
  }
  const next = gateway.device.answers.shift();
  if (typeof next === 'object') return next;
  return next === undefined ? letIn(gateway) : { status: 400, body: { error: next, error_description: 'x' } };
}

function letIn(gateway: FakeGateway): Answer {
  const token = `spt_${randomBytes(32).toString('base64url')}`;
  const { lifetimeMs, idleMs } = gateway.sessionLife;
  const session: Session = {
    id: randomBytes(8).toString('hex'),
    user: 'alice@example.com',
    groups: ['developers'],
    expiresAt: Date.now() + lifetimeMs,
    idleMs,
  };
  gateway.sessions.set(token, session);
  const { id, expiresAt, user, groups } = session;
  return {
    status: 200,
    body: {
      access_token: token,
      token_type: 'Bearer',
      expires_in: lifetimeMs / 1000,
      session: { id, expiresAt, idleMs },
      identity: { user, email: user, groups },
    },
  };
}

function answerPerson(gateway: FakeGateway, call: Call, session: Session): Answer {
  const { id, user, groups, expiresAt, idleMs } = session;
  if (call.path === '/.sallyport/me')
    return {
      status: 200,
      body: {
        user,
        email: user,
        name: 'Alice',
        groups,
        provider: 'corp',
        session: { id, kind: 'cli', expiresAt, idleEndsAt: Date.now() + idleMs },
      },
    };
  if (call.path === '/.sallyport/logout') {
    if (call.query.get('everywhere') === 'true') gateway.sessions.clear();
    gateway.sessions.delete(call.token ?? '');
    return { status: 204 };
  }
  const api = call.path.replace('/.sallyport/api/v1/', '');
  if (api === 'clusters')
    return {
      status: 200,
      body: { clusters: ['dev', 'prod'].map((name) => ({ name, url: `${gateway.origin}/clusters/${name}` })) },
    };
  if (api === 'streams')
    return {
      status: 200,
      body: { streams: gateway.streams.map((stream) => ({ ...stream, sessionId: id })), missing: [], omitted: 0 },
    };
  if (api === 'sessions' && call.method === 'DELETE') {
    const meant = [...gateway.sessions].filter(
      ([, one]) => call.query.get('all') === 'true' || one.user === call.query.get('user'),
    );
    for (const [token] of meant) gateway.sessions.delete(token);
    return { status: 200, body: { revoked: meant.length } };
  }
  if (api === 'sessions')
    return {
      status: 200,
      body: {
        sessions: [...gateway.sessions.values()].map((one) => ({
          id: one.id,
          kind: 'cli',
          user: one.user,
          createdAt: 0,
          expiresAt: one.expiresAt,
          userAgent: 'x\u001b[2J',
        })),
      },
    };
  if (api.startsWith('sessions/')) {
    const found = [...gateway.sessions].find(([, one]) => one.id === api.slice(9));
    if (found === undefined)
      return { status: 404, body: { title: 'Not found', detail: 'There is no such session.', code: 'not-found' } };
    gateway.sessions.delete(found[0]);
    return { status: 204 };
  }
  if (api === 'audit') return { status: 200, body: auditPage(gateway, call.query) };
  return { status: 404, body: { title: 'Not found' } };
}

function auditPage(gateway: FakeGateway, query: URLSearchParams): unknown {
  const limit = Number(query.get('limit') ?? 100);
  const after = query.get('after') === null ? undefined : Number(query.get('after'));
  const { events, scope } = gateway.audit;
  const extra = { latest: String(events.length), ...(scope === undefined ? {} : { scope }) };
  if (query.get('order') === 'oldest') {
    const from = after ?? 0;
    return {
      events: events.slice(from, from + limit),
      ...extra,
      ...(from + limit < events.length ? { next: String(from + limit) } : {}),
    };
  }
  const to = after ?? events.length;
  const from = Math.max(0, to - limit);
  return { events: events.slice(from, to).toReversed(), ...extra, ...(from > 0 ? { next: String(from) } : {}) };
}
