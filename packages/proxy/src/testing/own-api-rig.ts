import type { Check, CheckAnswer, SessionKind, WorkloadConfig } from '@sallyport/contracts';
import { createLogger, hashToken, type ServiceRequest } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createFindCaller } from '../portal/calls/find-caller.ts';
import { createOwnApi } from '../portal/create-own-api.ts';
import { landingSettings } from './pages-rig.ts';

/** A connector that is not connected. */
export const factory = { name: 'factory', connected: false, since: 5, carriers: [], ended: [] };
/** A workload of the configuration. */
export const ciWorkload: WorkloadConfig = {
  name: 'ci',
  issuer: 'https://ci.example.com',
  audience: 'sallyport',
  match: { repository: 'example/shop' },
  user: 'ci:{{repository}}',
  groups: ['deployers'],
  maxLifetime: 3_600_000,
};
/** The connectors of clusters. */
const behind: Record<string, { connector: string }> = { prod: { connector: 'factory' } };
const alice = {
  provider: 'corp',
  issuer: 'https://idp',
  subject: 's',
  user: 'alice@example.com',
  groups: ['developers'],
  amr: [],
};

/** Creates the gateway's own API in front of services that answer with what they are asked. `privileged`: with all rights. */
export function setUpOwnApi(privileged = false, own: unknown = ['dev']) {
  const calls: ServiceRequest[] = [];
  const events: { status: number; path: string }[] = [];
  const seen = { caller: undefined as string | undefined };
  const kinds: Record<string, SessionKind> = {
    [hashToken('spt_live')]: 'cli',
    [hashToken('signed.by.us')]: 'cli',
    [hashToken('spt_browser')]: 'browser',
    [hashToken('spt_agent')]: 'agent',
    [hashToken('spt_machine')]: 'service-account',
  };
  const check = (asked: Check): Promise<CheckAnswer> => {
    const kind = asked.credential.kind === 'token' ? kinds[asked.credential.hash] : undefined;
    const live = kind !== undefined;
    const allowed = live && (asked.target.kind === 'self' || privileged);
    const answer: CheckAnswer = {
      decision: {
        effect: allowed ? 'allow' : live ? 'deny' : 'authenticate',
        rule: 'r',
        reasons: [],
        policyVersion: 'v',
      },
    };
    return Promise.resolve(
      live ? { ...answer, session: { id: 'ses_1', kind, expiresAt: 1 }, identity: alice } : answer,
    );
  };
  const service = {
    request: (request: ServiceRequest) => {
      calls.push(request);
      return Promise.resolve({
        status: 200,
        headers: {},
        body:
          request.path === '/v1/clusters'
            ? { clusters: own }
            : request.path === '/v1/audit-view'
              ? { view: privileged ? 'all' : { clusters: ['dev'], withoutCluster: false } }
              : { path: request.path },
      });
    },
  };
  const app = createOwnApi({
    origin: 'https://gate',
    findCaller: createFindCaller({ client: { check } }),
    clientAddress: () => '10.0.0.9',
    clientCertificateOf: () => undefined,
    authenticate: service,
    audit: { ...service, stream: () => Promise.reject(new Error('not asked for')) },
    authorize: service,
    ownPages: createPages({ host: 'gate.example.com' }),
    toAuthenticate: (_request, response) => {
      seen.caller = response.locals.caller as string | undefined;
      response.send('page');
    },
    landing: landingSettings,
    clusters: () => ['dev', 'prod'].map((name) => ({ name, url: `https://gate/clusters/${name}`, ...behind[name] })),
    connectorStates: async () => [factory],
    workloadEntries: [ciWorkload],
    auditCall: { open: () => {}, complete: (call) => void events.push({ status: call.status, path: call.path }) },
    logger: createLogger({ service: 'proxy', level: 'silent' }),
  });
  const callerOf = (request: ServiceRequest) =>
    JSON.parse(Buffer.from(request.headers!['sallyport-caller']!, 'base64url').toString()) as object;
  return { app, agent: supertest(app), calls, events, seen, callerOf };
}
