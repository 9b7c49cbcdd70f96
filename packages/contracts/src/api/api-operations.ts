import * as z from 'zod/mini';
import {
  auditKeysSchema,
  auditPageSchema,
  auditReportSchema,
  auditSummarySchema,
  elevationReportSchema,
  shownRequestSchema,
  whatIfSchema,
} from '../answers/audit.ts';
import { clustersSchema } from '../answers/clusters.ts';
import { connectorsSchema } from '../answers/connectors.ts';
import {
  elevatedRightsSchema,
  elevationAnswerSchema,
  elevationListSchema,
  elevationOptionsSchema,
  elevationPreviewAnswerSchema,
} from '../answers/elevations.ts';
import { deviceCodesSchema, tokenAnswerSchema } from '../answers/login.ts';
import {
  agentsSchema,
  assignedNamesSchema,
  createdAgentSchema,
  createdServiceAccountSchema,
  heldNamesSchema,
  serviceAccountsSchema,
  workloadsSchema,
} from '../answers/machines.ts';
import { noticeListSchema, noticeResendAnswerSchema } from '../answers/notifications.ts';
import {
  canIAnswerSchema,
  explanationSchema,
  policyRulesSchema,
  policyStatusSchema,
  policySummarySchema,
  reloadRequestedSchema,
  rightsSchema,
} from '../answers/policy.ts';
import { recordingListSchema, recordingSchema } from '../answers/recordings.ts';
import { revokedSchema, sessionsSchema, unrecordedSchema } from '../answers/sessions.ts';
import { streamListSchema } from '../answers/streams.ts';
import {
  auditQuerySchema,
  auditSummaryQuerySchema,
  elevationReportQuerySchema,
  reportQuerySchema,
  showQuerySchema,
  whatIfQuerySchema,
  whatIfRequestSchema,
} from '../audit/audit-query.ts';
import { recordingQuerySchema } from '../audit/recording-query.ts';
import {
  elevationDecisionSchema,
  elevationExtensionSchema,
  elevationRequestSchema,
  elevationReviewSchema,
  noticeResendSchema,
  previewedElevationSchema,
} from '../calls/elevation-calls.ts';
import { canIQuestionSchema, explainQuestionSchema } from '../calls/explain-call.ts';
import { agentRequestSchema, assignNamesRequestSchema, serviceAccountRequestSchema } from '../calls/machine-calls.ts';
import { type ApiArea } from '../policy/decision.ts';

type Method = 'GET' | 'POST' | 'DELETE';

/** What a caller can say that they view a recording with. */
export const recordingViewers = ['play', 'export', 'search', 'page', 'verify'] as const;

/** What a call of the API is for, and what goes in and out. The document of the API is generated from it. */
export type ApiOperation = {
  summary: string;
  /** Where `api.policy` may let the caller see more than their own things, or act on them. */
  area?: ApiArea;
  /** Where `api.policy` decides, cluster by cluster, what the caller sees. */
  view?: 'audit' | 'recordings';
  /** Who may call, if that is not everyone who is logged in. An agent may make only the calls that say so. */
  only?: 'people' | 'policy' | 'anyone';
  agents?: true;
  /** The client of `sallyport mcp` may send it. It changes nothing. */
  readOnly?: true;
  query?: z.ZodMiniType;
  body?: z.ZodMiniType;
  bodyType?: 'application/x-www-form-urlencoded';
  status?: 200 | 201 | 202;
  /** The answer in JSON. Without one, and without types, success has no body. */
  answer?: z.ZodMiniType;
  /** The media types of a long answer. */
  types?: readonly string[];
};

const flag = z.optional(z.enum(['true', 'false']));
const some = z.optional(z.string());
const all = z.object({ all: flag });

/** The answers about one elevation, after a step. */
function step<Body extends z.ZodMiniType>(summary: string, body: Body) {
  return { summary, area: 'elevations', body, answer: elevationAnswerSchema } as const;
}
/** The end of one thing: without a body, unless the audit log has not recorded it in time. */
function end(summary: string, more: Pick<ApiOperation, 'area' | 'only'>) {
  return { summary, answer: unrecordedSchema, ...more };
}

/** The calls of the API, by method and path. */
export const apiOperations = {
  'POST /device/code': {
    summary: 'Begins a login that is approved in a browser on another machine (RFC 8628).',
    only: 'anyone',
    body: z.object({ cluster: some }),
    bodyType: 'application/x-www-form-urlencoded',
    answer: deviceCodesSchema,
  },
  'POST /device/token': {
    summary: 'Ends such a login: exchanges the code, once it is approved, for a token.',
    only: 'anyone',
    body: z.object({ grant_type: z.string(), device_code: z.string() }),
    bodyType: 'application/x-www-form-urlencoded',
    answer: tokenAnswerSchema,
  },
  'GET /openapi.json': { summary: 'Describes this API.', answer: z.looseObject({ openapi: z.string() }) },
  'GET /changes': {
    summary: 'Says that streams, sessions, elevations or the policy have changed, so that you read them again.',
    types: ['text/event-stream'],
  },
  'GET /rights': {
    summary: 'Lists the areas of api.policy in which you may see things of others, or act on them.',
    answer: rightsSchema,
  },
  'GET /clusters': {
    summary: 'Lists the clusters where the policy may allow you something.',
    agents: true,
    readOnly: true,
    answer: clustersSchema,
  },
  'GET /connectors': {
    summary: 'Lists the connectors and their connections.',
    area: 'policy',
    only: 'policy',
    answer: connectorsSchema,
  },
  'GET /workloads': {
    summary: 'Lists the workloads of the configuration. `workload` in a search of the trail finds what one did.',
    area: 'policy',
    only: 'policy',
    answer: workloadsSchema,
  },

  'GET /sessions': {
    summary: 'Lists sessions: your own, those of a user, or all.',
    area: 'sessions',
    query: z.object({ all: flag, user: some }),
    answer: sessionsSchema,
  },
  'DELETE /sessions': {
    summary: 'Ends all sessions of a user, or of everyone.',
    area: 'sessions',
    query: z.object({ all: flag, user: some, provider: some, serviceAccounts: flag }),
    answer: revokedSchema,
  },
  'DELETE /sessions/:id': end('Ends a session.', { area: 'sessions' }),

  'GET /agents': { summary: 'Lists agents: your own, or all.', area: 'machines', query: all, answer: agentsSchema },
  'POST /agents': {
    summary: 'Creates an agent, which ends with your login.',
    area: 'machines',
    only: 'people',
    body: agentRequestSchema,
    status: 201,
    answer: createdAgentSchema,
  },
  'DELETE /agents/:id': end('Ends an agent.', { area: 'machines' }),

  'GET /service-accounts': {
    summary: 'Lists service accounts: those that you made, or all.',
    area: 'machines',
    only: 'people',
    query: all,
    answer: serviceAccountsSchema,
  },
  'POST /service-accounts': {
    summary: 'Creates a service account.',
    area: 'machines',
    only: 'people',
    body: serviceAccountRequestSchema,
    status: 201,
    answer: createdServiceAccountSchema,
  },
  'DELETE /service-accounts/:id': end('Ends a service account.', { area: 'machines', only: 'people' }),
  'GET /service-account-names': {
    summary: 'Lists the names that service accounts hold: your own, or all.',
    area: 'machines',
    only: 'people',
    query: all,
    answer: heldNamesSchema,
  },
  'POST /service-account-names': {
    summary: 'Gives names to the accounts that had them before the gateway kept names.',
    area: 'machines',
    only: 'people',
    body: assignNamesRequestSchema,
    answer: assignedNamesSchema,
  },
  'DELETE /service-account-names/:name': { summary: 'Gives up a name.', area: 'machines', only: 'people' },

  'GET /streams': {
    summary: 'Lists open streams, or those that have ended recently: your own, or all.',
    area: 'sessions',
    query: z.object({ ended: flag, all: flag, user: some, cluster: some, session: some }),
    answer: streamListSchema,
  },
  'DELETE /streams/:id': { summary: 'Ends an open stream.', area: 'sessions' },
  'GET /streams/:id/watch': {
    summary: 'Shows a recorded session while it runs, sealed for a public key of age. Each line is JSON.',
    query: z.object({ recipient: z.string() }),
    types: ['application/x-ndjson'],
  },

  'GET /policy': {
    summary: 'Shows which policy is in force.',
    area: 'policy',
    only: 'policy',
    answer: policySummarySchema,
  },
  'GET /policy/rules': {
    summary: 'Lists the rules in force for a cluster or a web application.',
    area: 'policy',
    only: 'policy',
    query: z.object({ cluster: some, route: some }),
    answer: policyRulesSchema,
  },
  'GET /policy/status': {
    summary: 'Shows which configuration every replica has.',
    area: 'policy',
    only: 'policy',
    answer: policyStatusSchema,
  },
  'POST /policy/reload': {
    summary: 'Asks every replica to read its configuration again.',
    area: 'policy',
    only: 'policy',
    status: 202,
    answer: reloadRequestedSchema,
  },
  'POST /policy/explain': {
    summary: 'Explains why a request would be allowed or refused.',
    area: 'policy',
    body: explainQuestionSchema,
    answer: explanationSchema,
  },
  'POST /policy/what-if': {
    summary: 'Says what a policy would have decided about the requests of a period, and runs test cases of it.',
    area: 'policy',
    only: 'policy',
    view: 'audit',
    query: whatIfQuerySchema,
    body: whatIfRequestSchema,
    answer: whatIfSchema,
  },
  'POST /policy/can-i': {
    summary: 'Says which of some requests you may make.',
    agents: true,
    readOnly: true,
    body: canIQuestionSchema,
    answer: canIAnswerSchema,
  },

  'GET /elevations': {
    summary: 'Lists elevations: those that concern you, all, or those that you have to review.',
    area: 'elevations',
    query: z.object({ all: flag, toReview: flag }),
    answer: elevationListSchema,
  },
  'POST /elevations': step('Asks for an elevation.', elevationRequestSchema),
  'GET /elevations/options': {
    summary: 'Lists the elevations that you may ask for.',
    area: 'elevations',
    answer: elevationOptionsSchema,
  },
  'POST /elevations/dry-run': {
    summary: 'Shows what an elevation would change.',
    area: 'elevations',
    body: previewedElevationSchema,
    answer: elevationPreviewAnswerSchema,
  },
  'GET /elevations/:id': { summary: 'Shows an elevation.', area: 'elevations', answer: elevationAnswerSchema },
  'GET /elevations/:id/rights': {
    summary: 'Shows what the groups of an elevation allow in its cluster, to those who may approve it.',
    area: 'elevations',
    answer: elevatedRightsSchema,
  },
  'POST /elevations/:id/extend': step('Asks for an extension of an elevation.', elevationExtensionSchema),
  'POST /elevations/:id/review': step('Reviews the use of an elevation.', elevationReviewSchema),
  'POST /elevations/:id/approve': step('Approves an elevation.', elevationDecisionSchema),
  'POST /elevations/:id/deny': step('Denies an elevation.', elevationDecisionSchema),
  'POST /elevations/:id/withdraw': step('Withdraws a request for an elevation.', elevationDecisionSchema),
  'POST /elevations/:id/revoke': step('Ends an elevation.', elevationDecisionSchema),
  'GET /notifications': {
    summary: 'Lists the notifications that a channel has not taken.',
    area: 'elevations',
    answer: noticeListSchema,
  },
  'POST /notifications/resend': {
    summary: 'Sends notifications again that were given up.',
    area: 'elevations',
    body: noticeResendSchema,
    answer: noticeResendAnswerSchema,
  },

  'GET /audit': {
    summary: 'Finds events of the audit trail: your own, and those that api.policy.audit lets you see.',
    view: 'audit',
    query: auditQuerySchema,
    answer: auditPageSchema,
  },
  'GET /audit/show': {
    summary: 'Shows everything about one request.',
    view: 'audit',
    query: showQuerySchema,
    answer: shownRequestSchema,
  },
  'GET /audit/summary': {
    summary: 'Counts events by time, and by what they are about.',
    view: 'audit',
    query: auditSummaryQuerySchema,
    answer: auditSummarySchema,
  },
  'GET /audit/report': {
    summary: 'Counts the requests to clusters of a period.',
    view: 'audit',
    query: reportQuerySchema,
    answer: auditReportSchema,
  },
  'GET /audit/elevations': {
    summary: 'Reports elevations, and what they were used for.',
    view: 'audit',
    query: elevationReportQuerySchema,
    answer: elevationReportSchema,
  },
  'GET /audit/keys': { summary: 'Shows the public keys that sign checkpoints.', answer: auditKeysSchema },
  'GET /audit/tail': {
    summary: 'Sends events of the audit trail as they are stored.',
    view: 'audit',
    query: z.omit(auditQuerySchema, { order: true, limit: true, view: true, until: true }),
    types: ['text/event-stream'],
  },
  'GET /audit/export': {
    summary: 'Sends all events of the audit trail that are found.',
    view: 'audit',
    query: z.extend(z.omit(auditQuerySchema, { after: true, order: true, limit: true, view: true }), {
      format: z.optional(z.enum(['ndjson', 'csv'])),
    }),
    types: ['application/x-ndjson', 'text/csv'],
  },

  'GET /recordings': {
    summary: 'Lists recordings.',
    view: 'recordings',
    query: recordingQuerySchema,
    answer: recordingListSchema,
  },
  'GET /recordings/:id': { summary: 'Shows a recording and its parts.', view: 'recordings', answer: recordingSchema },
  'GET /recordings/:id/files/:name': {
    summary: 'Sends a sealed file of a recording.',
    view: 'recordings',
    query: z.object({ by: z.optional(z.enum(recordingViewers)) }),
    types: ['application/octet-stream'],
  },
} satisfies Readonly<Record<`${Method} /${string}`, ApiOperation>>;

/** The method and the path of a call, below the prefix of the API. */
export type ApiCall = keyof typeof apiOperations;

type Operation<Call extends ApiCall> = (typeof apiOperations)[Call];

/** What a call answers, in JSON. */
export type AnswerOf<Call extends ApiCall> =
  Operation<Call> extends { answer: infer Schema extends z.ZodMiniType } ? z.output<Schema> : never;
/** The body that a call takes. */
export type BodyOf<Call extends ApiCall> =
  Operation<Call> extends { body: infer Schema extends z.ZodMiniType } ? z.input<Schema> : undefined;

/** Returns what is known of a call. */
export const operationOf = (call: ApiCall): ApiOperation => apiOperations[call];
