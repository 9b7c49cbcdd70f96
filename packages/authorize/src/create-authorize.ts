import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { PolicyStatus } from '@sallyport/contracts';
import {
  ProblemError,
  readBodyText,
  readCaller,
  sendProblem,
  toProblem,
  type Logger,
  type Metrics,
  type ServiceVerifier,
} from '@sallyport/kit';
import {
  createMemoryReplicaRegistry,
  createMemoryStreamQuestionRegistry,
  type ReplicaRegistry,
  type SessionStore,
  type StreamQuestionRegistry,
} from '@sallyport/stores';
import { createChangeFeed } from './change-feed.ts';
import { createAnswerChecks } from './check/answer-checks.ts';
import { createCallerViews } from './check/caller-view.ts';
import { createIdleRenewal } from './check/idle-renewal.ts';
import { createJudgeCheck } from './check/judge-check.ts';
import { createJudgeShadow } from './check/judge-shadow.ts';
import { readChecks } from './check/read-checks.ts';
import { createListClusters } from './clusters/list-clusters.ts';
import { createAnswerCanI } from './explain/answer-can-i.ts';
import { createAnswerExplain } from './explain/answer-explain.ts';
import type { PolicySet } from './policies/policy-set.ts';
import { createStreamQuestions } from './streams/stream-questions.ts';
import { takeAnswer } from './streams/take-answer.ts';
import { takeReport } from './take-report.ts';

export type AuthorizeDeps = {
  sessions: SessionStore;
  policies: PolicySet;
  verifier: ServiceVerifier;
  /** Where replicas report; in this process's memory unless given. */
  replicas?: ReplicaRegistry;
  /** Where gateways say which streams they have; in this process's memory unless given. */
  streams?: StreamQuestionRegistry;
  logger: Logger;
  metrics?: Metrics;
  now: () => number;
  /** How long the session store may take, in milliseconds. */
  storeTimeoutMs?: number;
};

/** The service's HTTP face; it does not listen. `close` ends the change feeds. */
export type Authorize = { handler: RequestListener; close(): void };

const maxBodyBytes = 1024 * 1024;
const maxReportBytes = 128 * 1024;
const maxExplainBytes = 256 * 1024;
const maxQuestionBytes = 16 * 1024;
const maxAnswerBytes = 1536 * 1024;

type Route = {
  method: 'GET' | 'POST';
  serve(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
};

function sendJson(response: ServerResponse, json: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) });
  response.end(json);
}

function createRoutes(deps: AuthorizeDeps) {
  const { sessions, policies, logger, now, storeTimeoutMs = 800 } = deps;
  const judge = createJudgeCheck({
    callers: createCallerViews(),
    now,
    shadow: createJudgeShadow({ metrics: deps.metrics, logger }),
  });
  const answer = createAnswerChecks({
    sessions,
    policies,
    logger,
    storeTimeoutMs,
    judge,
    renewal: createIdleRenewal(deps),
  });
  const explain = createAnswerExplain({ sessions, policies, logger, now, storeTimeoutMs });
  const canI = createAnswerCanI({ sessions, policies, logger, now, storeTimeoutMs });
  const listClusters = createListClusters({ sessions, policies, now, storeTimeoutMs });
  const replicas = deps.replicas ?? createMemoryReplicaRegistry({ now });
  const registry = deps.streams ?? createMemoryStreamQuestionRegistry({ now });
  const feed = createChangeFeed({ ...deps, replicas, streams: registry });
  const streams = createStreamQuestions({ registry, replicas, sessions, now });
  const routes: Record<string, Route> = {
    '/v1/check': {
      method: 'POST',
      async serve(request, response) {
        const { json, afterwards } = await answer(readChecks(await readBodyText(request, maxBodyBytes)));
        sendJson(response, json);
        afterwards();
      },
    },
    '/v1/explain': {
      method: 'POST',
      serve: async (request, response) =>
        sendJson(response, JSON.stringify(await explain(await readBodyText(request, maxExplainBytes)))),
    },
    '/v1/can-i': {
      method: 'POST',
      serve: async (request, response) =>
        sendJson(response, JSON.stringify(await canI(await readBodyText(request, maxExplainBytes)))),
    },
    '/v1/clusters': {
      method: 'POST',
      serve: async (request, response) =>
        sendJson(response, JSON.stringify(await listClusters(await readBodyText(request, maxQuestionBytes)))),
    },
    '/v1/changes': {
      method: 'GET',
      serve(_request, response) {
        if (!feed.subscribe(response)) throw new ProblemError('too-many-requests', 'Too many hold this feed open.');
      },
    },
    '/v1/policy': {
      method: 'GET',
      serve(_request, response) {
        const { version, ruleCount, clusters, api } = policies.current();
        sendJson(
          response,
          JSON.stringify({
            version,
            rules: ruleCount,
            clusters: clusters.size,
            apiAreas: [...api].filter(([, list]) => list.length > 0).map(([area]) => area),
          }),
        );
      },
    },
    '/v1/policy/status': {
      method: 'GET',
      async serve(_request, response) {
        const status: PolicyStatus = { replicas: await replicas.list() };
        sendJson(response, JSON.stringify(status));
      },
    },
    '/v1/policy/reload': {
      method: 'POST',
      async serve(_request, response) {
        await replicas.requestReload();
        sendJson(response, '{"requested":true}', 202);
      },
    },
    '/v1/replicas': {
      method: 'POST',
      async serve(request, response) {
        await takeReport(await readBodyText(request, maxReportBytes), replicas);
        response.writeHead(204).end();
      },
    },
    '/v1/streams': {
      method: 'POST',
      async serve(request, response) {
        sendJson(
          response,
          JSON.stringify(
            await streams.list(readCaller(request.headers), await readBodyText(request, maxQuestionBytes)),
          ),
        );
      },
    },
    '/v1/streams/answer': {
      method: 'POST',
      async serve(request, response) {
        await takeAnswer(await readBodyText(request, maxAnswerBytes), registry);
        response.writeHead(204).end();
      },
    },
  };
  return {
    routes,
    close: () => {
      feed.close();
      streams.close();
    },
  };
}

/**
 * Creates authorize: `POST /v1/check`, `POST /v1/explain`, `POST /v1/can-i`, `POST /v1/clusters`, `GET /v1/changes`,
 * `GET /v1/policy`, `GET /v1/policy/status`, `POST /v1/policy/reload`, `POST /v1/replicas`, `POST /v1/streams`, `POST
 * /v1/streams/answer`, each for services that may call it.
 */
export function createAuthorize(deps: AuthorizeDeps): Authorize {
  const { routes, close } = createRoutes(deps);
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const { authorization } = request.headers;
    if (deps.verifier.verified(authorization) === undefined) await deps.verifier.verify(authorization);
    const path = request.url?.split('?', 1)[0] ?? '';
    const route = Object.hasOwn(routes, path) ? routes[path]! : undefined;
    if (!route) throw new ProblemError('not-found', 'There is nothing at this address.');
    if (request.method !== route.method)
      throw new ProblemError('method-not-allowed', `Only ${route.method} is allowed here.`);
    await route.serve(request, response);
  };
  const fail = (request: IncomingMessage, response: ServerResponse, error: unknown) => {
    if (toProblem(error).code === 'internal') deps.logger.error({ err: error }, 'unexpected error');
    // What is left of an unread body is not worth reading.
    if (!request.complete && !response.headersSent) response.setHeader('connection', 'close');
    sendProblem(response, error);
  };
  return {
    handler: (request, response) =>
      void serve(request, response).catch((error: unknown) => fail(request, response, error)),
    close,
  };
}
