import {
  agentRequestSchema,
  assignNamesRequestSchema,
  elevationDecisionSchema,
  elevationExtensionSchema,
  elevationRequestSchema,
  elevationReviewSchema,
  isLogin,
  noticeResendSchema,
  policyRulesRequestSchema,
  serviceAccountRequestSchema,
  streamFilterSchema,
  whatIfRequestSchema,
  type agentCallSchema,
  type EndStreamRequest,
  type PolicyRulesRequest,
  type ServiceAccountRequest,
  type StreamListRequest,
} from '@sallyport/contracts';
import type { ApiCall } from '@sallyport/contracts/api';
import { callerHeader, encodeCaller, ProblemError, spanOf, type Caller } from '@sallyport/kit';
import type { Request } from 'express';
import type { z } from 'zod';
import { elevationCall, stepMs, type ElevationAction } from '../calls/ask-elevations.ts';
import type { ApiContext, ApiResult } from '../calls/audited-call.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { readJsonAs, searchOf, type Schema } from '../calls/read-body.ts';
import { findAuditView } from './find-audit-view.ts';
import type { MountCall } from './mount-call.ts';

type Method = 'GET' | 'POST' | 'DELETE';

/** A call of the API that another service answers. */
type PassedCall = {
  /** Its method, and its path below the prefix of the API. */
  call: ApiCall;
  /** Refuses those whom the call is not for. */
  only?: (caller: Caller) => void;
  service: 'authenticate' | 'authorize' | 'audit';
  /** Method and path at the service. A parameter there is that of the call. */
  to: `${Method} /v1/${string}`;
  /** The query for the service, with its question mark. `sent` is the body. */
  query?: (request: Request, context: ApiContext, deps: PortalDeps, sent: never) => string | Promise<string>;
  /** The body for the service. Most read that of the call, by a schema. */
  body?: (request: Request, context: ApiContext, deps: PortalDeps) => unknown;
  /** How long the service may take, in milliseconds. */
  ms?: number;
  /** Leaves out who calls, where the service does not ask, or learns it from the body. */
  unnamed?: true;
};

const KiB = 1024;

/** Refuses a caller who is not a person: a program makes no credentials for other programs. */
function people({ session }: Caller): void {
  if (!isLogin(session))
    throw new ProblemError(
      'forbidden',
      `Only a person who has logged in can do this, and this credential is of the kind "${session.kind}". Run "sallyport login".`,
    );
}

/** Refuses a caller without the right. They learn nothing about the policy, not even that it is valid. */
export function seesPolicy({ privileged }: Caller): void {
  if (!privileged) throw new ProblemError('forbidden', 'You have no right to see the policy (api.policy.policy).');
}

/** A body in JSON, which no form of another site sends. */
const json =
  <T>(schema: Schema<T>, maxBytes: number) =>
  (request: Request): Promise<T> =>
    readJsonAs(schema, request, maxBytes);

/** A new agent is a child of the login of its caller, which authenticate finds by the hash of the token. */
async function newAgent(request: Request, { credential }: ApiContext): Promise<z.input<typeof agentCallSchema>> {
  return { asked: await readJsonAs(agentRequestSchema, request, 16 * KiB), tokenHash: credential.hash };
}

/** Says whether the policy keeps the name of a new service account for those who have a right to it. */
async function reservedName(
  request: Request,
  { credential, clientAddress }: ApiContext,
  deps: PortalDeps,
  { name }: ServiceAccountRequest,
): Promise<string> {
  const { reservedName: reserved } = await deps.findCaller(request, credential, clientAddress, 'machines', name);
  return reserved ? '?reserved=true' : '';
}

/** Every replica reads its own file. A caller that sends a policy along expects something else. */
function noBody({ headers }: Request): void {
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined)
    throw new ProblemError('bad-request', 'This call does not accept a body. Every replica reads its own file again.');
}

/** Reads what rules are to be listed for. */
function rulesOf({ query }: Request): PolicyRulesRequest {
  const asked = policyRulesRequestSchema.safeParse(query);
  if (!asked.success) throw new ProblemError('bad-request', 'A list of rules accepts either cluster or route.');
  return asked.data;
}

const streamFilters = ['ended', 'all', 'user', 'cluster', 'session'];

function flag(value: unknown, name: string): boolean {
  if (value !== undefined && value !== 'true' && value !== 'false')
    throw new ProblemError('bad-request', `${name} must be true or false.`);
  return value === 'true';
}

/** Reads which streams are to be listed. Refuses unknown parameters, because an ignored filter would show too much. */
function streamList({ query }: Request): StreamListRequest {
  const unknown = Object.keys(query).find((name) => !streamFilters.includes(name));
  if (unknown !== undefined)
    throw new ProblemError('bad-request', `Unknown parameter. A list of streams accepts ${streamFilters.join(', ')}.`);
  const { ended, all, ...rest } = query;
  const where = streamFilterSchema.safeParse(rest);
  if (!where.success)
    throw new ProblemError('bad-request', 'user, cluster and session each accept one value of 1 to 1024 characters.');
  return { ended: flag(ended, 'ended'), all: flag(all, 'all'), where: where.data };
}

const oneStream = ({ params }: Request): EndStreamRequest => ({ stream: String(params.id) });

/** Reads which elevations are to be listed. */
function elevationList({ query }: Request): { all: boolean; toReview: boolean } {
  const { all = 'false', toReview = 'false', ...rest } = query;
  const isFlag = (value: unknown) => value === 'true' || value === 'false';
  if (Object.keys(rest).length > 0 || !isFlag(all) || !isFlag(toReview) || (all === 'true' && toReview === 'true'))
    throw new ProblemError('bad-request', 'A list of elevations accepts only all=true or toReview=true.');
  return { all: all === 'true', toReview: toReview === 'true' };
}

const asked =
  <T>(schema: Schema<T>, maxBytes = 8 * KiB) =>
  async (request: Request): Promise<{ asked: T }> => ({ asked: await readJsonAs(schema, request, maxBytes) });

/** What the caller may see of the trail: their own events, and those that `api.policy.audit` lets them see. */
async function auditView(request: Request, context: ApiContext, deps: PortalDeps): Promise<object> {
  const { view, decision } = await findAuditView(deps, request, context);
  if (decision) context.recordDecision(decision);
  return { view };
}

/** A policy to try out and its test cases, as text. Only the service reads them. */
async function triedPolicy(request: Request, context: ApiContext, deps: PortalDeps): Promise<object> {
  const tried = await asked(whatIfRequestSchema, 1024 * KiB)(request);
  return { ...(await auditView(request, context, deps)), ...tried };
}

type More = Pick<PassedCall, 'only' | 'query' | 'body' | 'ms' | 'unnamed'>;

/** Rows of one service, with what most of them have. */
const rowsOf =
  (service: PassedCall['service'], most: More) =>
  (call: ApiCall, to: PassedCall['to'], more: More = {}): PassedCall => ({
    call,
    service,
    to,
    ...most,
    ...more,
  });

const authenticate = rowsOf('authenticate', { ms: 10_000 });
const serviceAccounts = rowsOf('authenticate', { ms: 10_000, only: people });
/** Every gateway has a second to answer. Authorize and Redis need time in addition. */
const streams = rowsOf('authorize', { ms: 4000 });
const policy = rowsOf('authorize', { only: seesPolicy, unnamed: true });
const trail = rowsOf('audit', { query: searchOf, body: auditView, ms: 10_000 });
/** A report over a long time reads many counts. */
const reportMs = 35_000;
/** Another one may be evaluated first, and each takes at most 50 s. */
const whatIfMs = 110_000;

/** A row about elevations. Authorize decides who may do what, by the session. */
const elevation = (
  call: ApiCall,
  action: ElevationAction['action'],
  more: (request: Request) => object | Promise<object> = () => ({}),
): PassedCall => ({
  call,
  service: 'authorize',
  to: 'POST /v1/elevations',
  body: async (request, context) => {
    const { id } = request.params;
    const about = id === undefined ? {} : { id: String(id) };
    return elevationCall(request, context, { action, ...about, ...(await more(request)) } as ElevationAction);
  },
  ms: stepMs,
  unnamed: true,
});

/** The calls, by what they are about. Of two whose paths fit, the first one counts. */
const passedCalls: readonly PassedCall[] = [
  authenticate('GET /sessions', 'GET /v1/sessions', { query: searchOf }),
  authenticate('DELETE /sessions', 'DELETE /v1/sessions', { query: searchOf, ms: 30_000 }),
  // The session ends at once. The answer waits until that is recorded.
  authenticate('DELETE /sessions/:id', 'DELETE /v1/sessions/:id'),

  authenticate('GET /agents', 'GET /v1/agents', { query: searchOf }),
  authenticate('POST /agents', 'POST /v1/agents', { only: people, body: newAgent }),
  authenticate('DELETE /agents/:id', 'DELETE /v1/agents/:id'),

  serviceAccounts('GET /service-accounts', 'GET /v1/service-accounts', { query: searchOf }),
  serviceAccounts('POST /service-accounts', 'POST /v1/service-accounts', {
    body: json(serviceAccountRequestSchema, 32 * KiB),
    query: reservedName,
  }),
  serviceAccounts('DELETE /service-accounts/:id', 'DELETE /v1/service-accounts/:id'),
  serviceAccounts('GET /service-account-names', 'GET /v1/service-account-names', { query: searchOf }),
  serviceAccounts('POST /service-account-names', 'POST /v1/service-account-names', {
    body: json(assignNamesRequestSchema, 32 * KiB),
  }),
  serviceAccounts('DELETE /service-account-names/:name', 'DELETE /v1/service-account-names/:name'),

  streams('GET /streams', 'POST /v1/streams', { body: streamList }),
  streams('DELETE /streams/:id', 'POST /v1/streams/end', { body: oneStream }),

  policy('GET /policy', 'GET /v1/policy'),
  policy('GET /policy/rules', 'POST /v1/policy/rules', { body: rulesOf }),
  policy('GET /policy/status', 'GET /v1/policy/status'),
  policy('POST /policy/reload', 'POST /v1/policy/reload', { body: noBody }),

  elevation('GET /elevations', 'list', elevationList),
  elevation('POST /elevations', 'request', asked(elevationRequestSchema)),
  elevation('GET /elevations/options', 'options'),
  elevation('GET /elevations/:id', 'show'),
  elevation('POST /elevations/:id/extend', 'extend', asked(elevationExtensionSchema)),
  elevation('POST /elevations/:id/review', 'review', asked(elevationReviewSchema)),
  elevation('POST /elevations/:id/approve', 'approve', asked(elevationDecisionSchema)),
  elevation('POST /elevations/:id/deny', 'deny', asked(elevationDecisionSchema)),
  elevation('POST /elevations/:id/withdraw', 'withdraw', asked(elevationDecisionSchema)),
  elevation('POST /elevations/:id/revoke', 'revoke', asked(elevationDecisionSchema)),
  elevation('GET /notifications', 'notices'),
  elevation('POST /notifications/resend', 'resend', asked(noticeResendSchema, KiB)),

  trail('GET /audit', 'POST /v1/events'),
  trail('GET /audit/show', 'POST /v1/show'),
  trail('GET /audit/summary', 'POST /v1/summary', { ms: reportMs }),
  trail('GET /audit/report', 'POST /v1/report', { ms: reportMs }),
  trail('GET /audit/elevations', 'POST /v1/elevations', { ms: reportMs }),
  trail('POST /policy/what-if', 'POST /v1/what-if', { only: seesPolicy, body: triedPolicy, ms: whatIfMs }),
  // Public keys show nothing of the trail.
  { call: 'GET /audit/keys', service: 'audit', to: 'GET /v1/keys', unnamed: true },
];

/** Passes one call on. Authenticate goes on with the trace of the request. */
async function passOn(
  { only, service, to, query, body, ms, unnamed }: PassedCall,
  deps: PortalDeps,
  ...[request, caller, context]: [Request, Caller, ApiContext]
): Promise<ApiResult> {
  only?.(caller);
  const sent = await body?.(request, context, deps);
  const search = await query?.(request, context, deps, sent as never);
  const [method, path] = to.split(' ') as [Method, string];
  const filled = path.replace(/:(\w+)/g, (_all, name: string) => encodeURIComponent(String(request.params[name])));
  return deps[service].request({
    method,
    path: filled + (search ?? ''),
    ...(unnamed ? {} : { headers: { [callerHeader]: encodeCaller(caller) } }),
    body: sent,
    timeoutMs: ms,
    ...(service === 'authenticate' ? { span: spanOf(request) } : {}),
  });
}

/** Mounts the calls. */
export function mountPassedCalls(mount: MountCall, deps: PortalDeps): void {
  for (const row of passedCalls) mount(row.call, (...given) => passOn(row, deps, ...given));
}
