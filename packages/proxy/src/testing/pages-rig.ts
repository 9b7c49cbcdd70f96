import type { IncomingMessage } from 'node:http';
import type { Check, CheckAnswer, SessionKind } from '@sallyport/contracts';
import { createLogger, hashToken, ProblemError, type Logger, type ServiceRequest } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import type { RequestHandler } from 'express';
import supertest from 'supertest';
import type { ConnectorState } from '../connectors/connector-states.ts';
import type { Downloads } from '../downloads/open-downloads.ts';
import type { PortalDeps } from '../portal/calls/portal-deps.ts';
import { createOwnApi } from '../portal/create-own-api.ts';
import { createFindCaller } from '../portal/calls/find-caller.ts';
import type { WorkloadSessions } from '../workloads/workload-sessions.ts';

export const pagesNow = Date.UTC(2026, 0, 2, 12);
export const gatewayOrigin = 'https://gate.example.com';
/** The cookie of the session that is live. */
export const sessionCookie = '__Host-sallyport=spt_live';
/** The sessions that are live: the one of the cookie, and the one of a program. */
const kinds: Record<string, SessionKind> = {
  [hashToken('spt_live')]: 'browser',
  [hashToken('spt_program')]: 'cli',
};

/** What the page at `/` shows of the configuration. */
export const landingSettings = {
  gatewayUrl: gatewayOrigin,
  isPrivate: false,
  loginOrigin: gatewayOrigin,
  providerName: (id: string) => id,
  now: () => pagesNow,
};

/** What the services answer, by path: a body, an error, or what makes one of them from the call. */
type Answers = Partial<Record<string, unknown>>;

export type PagesRigOptions = {
  answers?: Answers;
  /** The origin of the listener. */
  own?: string;
  /** Whether there is room for another audit event. */
  room?: boolean;
  user?: string;
  groups?: string[];
  providerName?(id: string): string;
  applications?: { host: string; origin: string; name: string | undefined }[];
  /** Passes on the pages of authenticate. */
  pages?: RequestHandler;
  workloads?: WorkloadSessions;
  downloads?: Downloads;
  /** The connector of the cluster `dev`. */
  connector?: ConnectorState;
  logger?: Logger;
  /** The address of the client of a request. */
  addressOf?: (request: IncomingMessage) => string;
  /** What a cluster answers about the rights of a person. */
  rulesOfPerson?: PortalDeps['rulesOfPerson'];
  /** What authorize adds to its answer about a check. */
  answerMore?(check: Check): Partial<CheckAnswer>;
};

/** Creates the gateway's own pages for one person, with services that answer as told. */
export function createPagesRig(options: PagesRigOptions = {}) {
  const { answers = {}, own = gatewayOrigin, room = true, user = 'alice@example.com', groups = [] } = options;
  const { providerName = (id) => id, applications = [], connector } = options;
  const { pages = (_request, response) => void response.end('page') } = options;
  const calls: ServiceRequest[] = [];
  const events: { status: number; path: string }[] = [];
  const service = {
    request: async (request: ServiceRequest) => {
      calls.push(request);
      const given = answers[request.path];
      const body: unknown = typeof given === 'function' ? (given as (of: ServiceRequest) => unknown)(request) : given;
      if (body instanceof Error) throw body;
      return { status: 200, headers: {}, body: body ?? {} };
    },
  };
  const check = (asked: Check): Promise<CheckAnswer> => {
    const kind = asked.credential.kind === 'token' ? kinds[asked.credential.hash] : undefined;
    return Promise.resolve({
      decision: { effect: kind ? 'allow' : 'authenticate', rule: 'r', reasons: [], policyVersion: 'v' },
      ...(kind
        ? {
            session: { id: 'ses_1', kind, expiresAt: pagesNow + 3_600_000 },
            identity: { provider: 'corp', issuer: 'https://idp', subject: 's', amr: [], user, groups },
          }
        : {}),
      ...options.answerMore?.(asked),
    });
  };
  const names = Array.from({ length: 300 }, (_none, index) => `c${String(index).padStart(3, '0')}`);
  const app = createOwnApi({
    origin: own,
    findCaller: createFindCaller({ client: { check } }),
    clientAddress: options.addressOf ?? (() => '10.0.0.9'),
    clientCertificateOf: () => undefined,
    authenticate: service,
    audit: { ...service, stream: () => Promise.reject(new Error('not asked for')) },
    authorize: service,
    toAuthenticate: pages,
    workloads: options.workloads,
    downloads: options.downloads,
    ...(options.rulesOfPerson && { rulesOfPerson: options.rulesOfPerson }),
    ownPages: createPages({ host: 'gate.example.com', name: 'Example Corp' }),
    landing: { ...landingSettings, providerName, isPrivate: options.downloads?.authority !== undefined },
    applications: () => applications,
    clusters: () => [
      { name: 'dev', url: `${gatewayOrigin}/clusters/dev`, ...(connector ? { connector: connector.name } : {}) },
      ...names.map((name) => ({ name, url: `${gatewayOrigin}/clusters/${name}` })),
    ],
    connectorStates: async () => (connector ? [connector] : []),
    auditCall: {
      open: () => {
        if (!room) throw new ProblemError('audit-unavailable', 'The audit log cannot be written.');
      },
      complete: ({ status, path }) => void events.push({ status, path }),
    },
    logger: options.logger ?? createLogger({ service: 'proxy', level: 'silent' }),
  });
  const agent = supertest(app);
  const get = (path = '/', headers: Record<string, string> = { cookie: sessionCookie }) =>
    agent.get(path).set({ host: 'gate.example.com', accept: 'text/html', ...headers });
  const post = (path: string, headers: Record<string, string> = {}) =>
    agent
      .post(path)
      .set({ host: 'gate.example.com', accept: 'text/html', cookie: sessionCookie, origin: gatewayOrigin, ...headers });
  return { app, agent, calls, events, get, post };
}
