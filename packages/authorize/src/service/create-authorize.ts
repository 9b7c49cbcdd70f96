import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Config, NotificationConfig } from '@sallyport/contracts';
import {
  beginCallSpan,
  endWithResponse,
  ProblemError,
  sendProblem,
  toProblem,
  type Logger,
  type Metrics,
  type ServiceVerifier,
  type Tracer,
  admitService,
} from '@sallyport/kit';
import {
  createMemoryReplicaRegistry,
  createMemoryStreamQuestionRegistry,
  type ReplicaRegistry,
  type SessionStore,
  type StreamQuestionRegistry,
} from '@sallyport/stores';
import { createElevations, type ElevationParts } from '../elevations/keeper/create-elevations.ts';
import type { CheckStreams } from '../check/check-streams.ts';
import { createChangeFeed } from '../gateways/change-feed.ts';
import { createStreamQuestions } from '../gateways/stream-questions.ts';
import type { Routes } from '../http/routes.ts';
import type { PolicySet } from '../policies/policy-set.ts';
import { createDecisionRoutes } from './decision-routes.ts';
import { createElevationRoutes } from './elevation-routes.ts';
import { createPolicyRoutes } from './policy-routes.ts';
import { createStreamRoutes } from './stream-routes.ts';

export type AuthorizeDeps = {
  sessions: SessionStore;
  policies: PolicySet;
  /** The providers and the directory, which say who is the same person. */
  identity: Config['identity'];
  verifier: ServiceVerifier;
  /** Where replicas report; in this process's memory unless given. */
  replicas?: ReplicaRegistry;
  /** Where gateways answer questions about their streams; in this process's memory unless given. */
  streams?: StreamQuestionRegistry;
  /** Where elevations are stored and recorded. Without it nobody can have one. */
  elevations?: ElevationParts | undefined;
  /** The channels that are told of elevations. */
  notifications?: readonly NotificationConfig[];
  logger: Logger;
  metrics?: Metrics;
  /** Without it nothing is traced. */
  tracer?: Tracer | undefined;
  now: () => number;
  /** How long the session store may take, in milliseconds. */
  storeTimeoutMs?: number;
};

/**
 * The HTTP interface of the service; it does not listen. `upgrade` takes upgrades to `checkProtocol`. `release` asks
 * gateways to use another replica for their checks. `close` ends their connections, and the change feeds.
 */
export type Authorize = {
  handler: RequestListener;
  upgrade: CheckStreams['accept'];
  release: CheckStreams['release'];
  close(): Promise<void>;
};

function createRoutes(deps: AuthorizeDeps): { routes: Routes; streams: CheckStreams; close(): Promise<void> } {
  const { sessions, policies, now, storeTimeoutMs = 800 } = deps;
  const replicas = deps.replicas ?? createMemoryReplicaRegistry({ now });
  const registry = deps.streams ?? createMemoryStreamQuestionRegistry({ now });
  const elevations = deps.elevations && createElevations(deps.elevations, deps);
  const feed = createChangeFeed({ sessions, policies, replicas, streams: registry, elevations: elevations?.held });
  const questions = createStreamQuestions({ registry, replicas, sessions, now });
  const decisions = createDecisionRoutes({ ...deps, elevations, storeTimeoutMs });
  const routes = {
    ...decisions.routes,
    ...createElevationRoutes(elevations, { ...deps, storeTimeoutMs }),
    ...createPolicyRoutes(policies, replicas),
    ...createStreamRoutes({ feed, questions, registry }),
  };
  return {
    routes,
    streams: decisions.streams,
    async close() {
      decisions.streams.close();
      feed.close();
      questions.close();
      await elevations?.close();
    },
  };
}

/** Creates authorize. Each of its routes serves only the services that may call authorize. */
export function createAuthorize(deps: AuthorizeDeps): Authorize {
  const { routes, streams, close } = createRoutes(deps);
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    if (deps.verifier.verified(request.headers.authorization) === undefined)
      await admitService(deps.verifier, request, response);
    const path = request.url?.split('?', 1)[0] ?? '';
    const route = Object.hasOwn(routes, path) ? routes[path]! : undefined;
    if (!route) throw new ProblemError('not-found', 'There is nothing at this address.');
    if (request.method !== route.method)
      throw new ProblemError('method-not-allowed', `Only ${route.method} is allowed here.`);
    // A batch of checks names its spans in its body instead.
    const span = deps.tracer && beginCallSpan(deps.tracer, request);
    if (span) endWithResponse(span, { request, response }, () => path);
    await route.serve(request, response);
  };
  const fail = (request: IncomingMessage, response: ServerResponse, error: unknown) => {
    if (toProblem(error).code === 'internal') deps.logger.error({ err: error }, 'unexpected error');
    // The rest of an unread body is not worth reading.
    if (!request.complete && !response.headersSent) response.setHeader('connection', 'close');
    sendProblem(response, error);
  };
  return {
    handler: (request, response) =>
      void serve(request, response).catch((error: unknown) => fail(request, response, error)),
    upgrade: streams.accept,
    release: streams.release,
    close,
  };
}
