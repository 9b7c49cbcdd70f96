import type { Answer, Call, FakeGateway, Session } from './fake-gateway-types.ts';

/** Answers the endpoints that need a session. */
export function answerApi(gateway: FakeGateway, call: Call, session: Session): Answer {
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
        session: { id, kind: 'cli', createdAt: 0, expiresAt, idleEndsAt: Date.now() + idleMs },
        gatewayVersion: '9.8.7',
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
  if (api === 'sessions' || api.startsWith('sessions/')) return answerSessions(gateway, call, api);
  const { refuses } = gateway.audit;
  if ((api === 'audit' || api === 'audit/tail') && refuses !== undefined && call.query.has(refuses))
    return { status: 400, body: { title: 'Bad request', detail: `Invalid query: ${refuses}: unknown parameter.` } };
  if (api === 'audit') return { status: 200, body: auditPage(gateway, call.query) };
  if (api === 'audit/tail') return { status: 200, body: auditTail(gateway, call.query) };
  return { status: 404, body: { title: 'Not found' } };
}

function answerSessions(gateway: FakeGateway, call: Call, api: string): Answer {
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
  const found = [...gateway.sessions].find(([, one]) => one.id === api.slice(9));
  if (found === undefined)
    return { status: 404, body: { title: 'Not found', detail: 'There is no such session.', code: 'not-found' } };
  gateway.sessions.delete(found[0]);
  return { status: 204 };
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

/** Returns the events after a position, as a tail that ends at once. */
function auditTail(gateway: FakeGateway, query: URLSearchParams): string {
  const from = Number(query.get('after') ?? gateway.audit.events.length);
  return gateway.audit.events
    .slice(from)
    .map((event, index) => `id: ${from + index + 1}\nevent: audit\ndata: ${JSON.stringify(event)}\n\n`)
    .join('');
}
