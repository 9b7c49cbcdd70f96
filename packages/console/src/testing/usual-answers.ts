import type {
  agentsSchema,
  auditPageSchema,
  AuditSummary,
  clustersSchema,
  connectorsSchema,
  elevatedRightsSchema,
  elevationListSchema,
  meSchema,
  policyStatusSchema,
  serviceAccountsSchema,
  sessionsSchema,
  shownRequestSchema,
  streamListSchema,
  workloadsSchema,
} from '@sallyport/contracts/answers';
import type * as z from 'zod/mini';
import { explanation, rules, whatIf } from './usual-policy.ts';
import { ago, hostile, iso, minute, now } from './values.ts';

const stream = (id: string, more: object = {}) => ({
  id,
  kind: 'exec',
  proxy: 'proxy-1',
  cluster: 'prod',
  verb: 'create',
  clientAddress: '10.1.2.3',
  auditId: '0198c2f1-6a0b-4d43-9c1e-5a7e2b9f3c10',
  sessionId: '0198c2f1-0000-4d43-9c1e-5a7e2b9f3c11',
  user: 'alice@example.com',
  namespace: 'shop',
  resource: 'pods',
  name: 'checkout-7d9f',
  subresource: 'exec',
  path: '/api/v1/namespaces/shop/pods/checkout-7d9f/exec',
  container: 'web',
  since: ago(12),
  bytesIn: 2210,
  bytesOut: 184_220,
  ...more,
});

const elevation = (id: string, more: object = {}) => ({
  id,
  name: 'debug',
  cluster: 'prod',
  namespace: 'shop',
  groups: ['shop-debuggers'],
  state: 'pending',
  user: 'bob@example.com',
  mine: false,
  reason: 'The checkout returns 500 for one customer in ten. I need a shell in one pod to read its heap.',
  ticket: 'INC-4711',
  durationMs: 30 * minute,
  createdAt: ago(2),
  pendingUntil: now + 58 * minute,
  approvalsNeeded: 1,
  approvals: [],
  unrecorded: false,
  may: ['approve', 'deny'],
  ...more,
});

/** Makes events that differ, the newest first. */
export const eventRows = (count: number, from = 0) =>
  Array.from({ length: count }, (_none, index) => {
    const number = from + index;
    const refused = number % 7 === 3;
    return {
      id: `0198c2f1-6a0b-4d43-9c1e-${String(number).padStart(12, '0')}`,
      type: 'k8s.request',
      time: iso(ago(number)),
      result: refused ? 'refused' : 'ok',
      data: {
        auditID: `0198c2f1-6a0b-4d43-9c1e-${String(number).padStart(12, '0')}`,
        stage: 'ResponseComplete',
        verb: refused ? 'delete' : 'get',
        requestURI: '/api/v1/namespaces/shop/pods',
        user: { username: number === 1 ? hostile : 'alice@example.com' },
        objectRef: { resource: 'pods', namespace: 'shop', name: number === 2 ? hostile : `web-${number}` },
        responseStatus: { code: refused ? 403 : 200 },
        sallyport: {
          cluster: { id: 'prod', name: 'prod' },
          sessionId: '0198c2f1-0000-4d43-9c1e-5a7e2b9f3c11',
          clientAddress: '10.1.2.3',
          decision: {
            effect: refused ? 'deny' : 'allow',
            rule: 'cluster/prod[0]',
            ruleName: 'developers',
            reasons: [],
          },
          ...(number === 0 ? { recording: { id: '0198c2f1-1111-4d43-9c1e-5a7e2b9f3c10' } } : {}),
        },
      },
    };
  });

const hour = 60 * minute;
const start = Math.floor(ago(24 * 60) / hour) * hour;
const summary: AuditSummary = {
  since: iso(ago(24 * 60)),
  until: iso(now),
  step: hour,
  events: 3184,
  buckets: Array.from({ length: 24 }, (_none, index) => {
    const events = Math.round(120 + 100 * Math.sin(index / 3));
    const refused = index % 5;
    return { time: iso(start + index * hour), events, results: { ok: events - refused - 4, refused, failed: 4 } };
  }),
  facets: {
    user: {
      values: [
        { value: 'alice@example.com', events: 2000 },
        { value: 'bob@example.com', events: 900 },
        { value: hostile, events: 3 },
      ],
      others: 34,
    },
    cluster: {
      values: [
        { value: 'prod', events: 3000 },
        { value: 'dev', events: 184 },
      ],
      others: 0,
    },
    verb: {
      values: [
        { value: 'get', events: 2400 },
        { value: 'delete', events: 700 },
      ],
      others: 0,
    },
  },
  scope: 'all',
};

type Given<Name extends { _zod: { input: unknown } }> = z.input<Name>;

/** The answers of a gateway on which something is going on, by method and path. */
export const usualAnswers = {
  'GET /.sallyport/me': {
    user: 'carol@example.com',
    groups: ['sre'],
    session: { id: 'ses-1', expiresAt: now + hour },
  } satisfies Given<typeof meSchema>,
  'GET /sessions': {
    maySeeAll: true,
    sessions: [
      {
        id: '0198c2f1-0000-4d43-9c1e-5a7e2b9f3c11',
        kind: 'cli',
        user: 'alice@example.com',
        createdAt: ago(200),
        expiresAt: now + 5 * hour,
        clientAddress: '10.1.2.3',
        userAgent: 'kubectl/v1.36.0 (linux/amd64)',
      },
      {
        id: '0198c2f1-0001-4d43-9c1e-5a7e2b9f3c12',
        kind: 'browser',
        user: 'carol@example.com',
        current: true,
        createdAt: ago(30),
        expiresAt: now + 8 * hour,
        clientAddress: '10.1.2.9',
        userAgent: hostile,
      },
      {
        id: '0198c2f1-0002-4d43-9c1e-5a7e2b9f3c13',
        kind: 'workload',
        user: `workload:${hostile}`,
        createdAt: ago(3),
        expiresAt: now + hour,
        clientAddress: '10.1.2.10',
      },
    ],
  } satisfies Given<typeof sessionsSchema>,
  'GET /streams': {
    streams: [
      stream('str-1'),
      stream('str-2', { kind: 'port-forward', subresource: 'portforward', user: hostile, name: 'db-0', ports: [5432] }),
      stream('str-3', {
        kind: 'watch',
        subresource: '',
        name: '',
        cluster: 'dev',
        verb: 'watch',
        container: undefined,
      }),
    ],
    missing: [],
    omitted: 0,
  } satisfies Given<typeof streamListSchema>,
  'GET /elevations': {
    elevations: [
      elevation('elv-1'),
      elevation('elv-2', {
        state: 'active',
        name: 'break-glass',
        user: 'dave@example.com',
        namespace: undefined,
        groups: ['system:masters'],
        breakGlass: true,
        reason: hostile,
        expiresAt: now + 40 * minute,
        approvalsNeeded: 0,
        may: ['revoke', 'review'],
        review: { overdue: true, dueAt: ago(5) },
      }),
    ],
    omitted: 0,
  } satisfies Given<typeof elevationListSchema>,
  'GET /clusters': {
    clusters: [
      { name: 'prod', url: 'https://gate.example.com/clusters/prod', connector: { connected: true, since: ago(900) } },
      { name: 'dev', url: 'https://gate.example.com/clusters/dev', host: 'dev.example.com' },
      { name: 'edge', url: 'https://gate.example.com/clusters/edge', connector: { connected: false, since: ago(4) } },
    ],
  } satisfies Given<typeof clustersSchema>,
  'GET /connectors': {
    connectors: [
      {
        name: 'prod-eu',
        connected: true,
        since: ago(900),
        carriers: [{ replica: 'proxy-1', id: 'c1', since: ago(900), version: '0.1.0', seen: now, streams: 4 }],
        ended: [{ at: ago(901), durationMs: 1000, reason: hostile }],
      },
    ],
  } satisfies Given<typeof connectorsSchema>,
  'GET /policy/status': {
    replicas: [
      {
        service: 'authorize',
        id: 'authorize/1',
        host: 'gate-0',
        version: 'a1b2c3',
        since: ago(300),
        startedAt: ago(3000),
        warnings: [{ path: 'clusters[0].policy', message: hostile }],
        restartNeeded: [],
      },
      {
        service: 'proxy',
        id: 'proxy/1',
        host: 'gate-1',
        version: 'a1b2c2',
        since: ago(900),
        startedAt: ago(3000),
        rejected: { at: ago(2), faults: [{ path: 'clusters', message: 'must be a list' }] },
        warnings: [],
        restartNeeded: [],
      },
    ],
  } satisfies Given<typeof policyStatusSchema>,
  'GET /rights': { areas: ['sessions', 'policy', 'elevations', 'machines'] },
  'GET /elevations/elv-1/rights': {
    comparedIn: 'default',
    rules: [{ apiGroup: 'apps', resource: 'deployments', resourceName: hostile, verbs: ['patch', 'update'] }],
    omitted: 0,
    incomplete: false,
  } satisfies Given<typeof elevatedRightsSchema>,
  'GET /policy': { version: 'a1b2c3', rules: 4, clusters: 2, clusterNames: ['prod', 'dev'], apiAreas: [] },
  'GET /policy/rules': rules,
  'POST /policy/explain': explanation,
  'POST /policy/what-if': whatIf,
  'GET /agents': {
    maySeeAll: true,
    agents: [
      {
        id: '0198c2f1-2222-4d43-9c1e-5a7e2b9f3c12',
        name: 'triage',
        user: 'alice@example.com',
        scope: { clusters: ['prod'], verbs: ['get', 'list'], namespaces: ['shop'], secrets: false, shell: false },
        createdAt: ago(100),
        expiresAt: now + hour,
        usedAt: ago(90),
      },
    ],
  } satisfies Given<typeof agentsSchema>,
  'GET /service-accounts': {
    maySeeAll: true,
    serviceAccounts: [
      {
        id: 'sa-1',
        name: 'deployer',
        user: 'service-account:deployer',
        groups: ['deployers'],
        maker: 'alice@example.com',
        createdAt: ago(10_000),
        expiresAt: now + 900 * hour,
        lastUsedAt: ago(3),
      },
      {
        id: 'sa-2',
        name: hostile,
        user: 'service-account:x',
        groups: [],
        maker: 'bob@example.com',
        createdAt: ago(10_000),
        expiresAt: now + 900 * hour,
      },
    ],
  } satisfies Given<typeof serviceAccountsSchema>,
  'GET /workloads': {
    workloads: [
      {
        name: 'ci',
        source: 'https://token.actions.githubusercontent.com',
        user: 'ci:{{repository}}',
        groups: ['deployers'],
      },
      { name: 'pods', source: `cluster/${hostile}`, user: 'pods:{{sub}}', groups: [hostile] },
    ],
  } satisfies Given<typeof workloadsSchema>,
  'GET /audit': { events: eventRows(100), next: 'page-2', scope: 'all' } satisfies Given<typeof auditPageSchema>,
  'GET /audit of alerts': {
    events: [
      {
        id: '0198c2f1-6a0b-4d43-9c1e-999999999999',
        type: 'audit.alert',
        time: iso(ago(9)),
        data: { sallyport: { cluster: { id: 'prod', name: 'prod' }, detail: `not through the gateway: ${hostile}` } },
      },
    ],
  } satisfies Given<typeof auditPageSchema>,
  'GET /audit of checkpoints': {
    events: [{ id: '0198c2f1-6a0b-4d43-9c1e-888888888888', type: 'audit.checkpoint', time: iso(ago(1)), data: {} }],
    scope: 'all',
  } satisfies Given<typeof auditPageSchema>,
  'GET /audit of matches': {
    events: [
      {
        id: '0198c2f1-6a0b-4d43-9c1e-777777777777',
        type: 'workload.session.started',
        time: iso(ago(40)),
        data: { user: { username: `ci:${hostile}` } },
      },
    ],
    scope: 'all',
  } satisfies Given<typeof auditPageSchema>,
  'GET /audit/summary': summary,
  'GET /audit/show': {
    events: eventRows(3).slice(0, 3),
    session: [],
    elevation: [],
    clusterEvents: [{ cluster: 'prod', event: { stageTimestamp: iso(ago(1)), annotations: { note: hostile } } }],
    scope: 'all',
  } satisfies Given<typeof shownRequestSchema>,
};
