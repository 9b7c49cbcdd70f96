import type { Check } from '@sallyport/contracts';
import { readBodyText, type Logger, type Metrics, type ServiceVerifier, type Tracer } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { createCallerViews } from '../caller/caller-view.ts';
import { createAnswerChecks } from '../check/answer-checks.ts';
import { createCheckStreams, type CheckStreams } from '../check/check-streams.ts';
import { createEvaluateCheck } from '../check/evaluate-check.ts';
import { createEvaluateShadow } from '../check/evaluate-shadow.ts';
import { createIdleRenewal } from '../check/idle-renewal.ts';
import { readChecks, type TracedCheck } from '../check/read-checks.ts';
import { traceChecks } from '../check/trace-checks.ts';
import { createAnswerAuditView } from '../clusters/answer-audit-view.ts';
import { createListClusters } from '../clusters/list-clusters.ts';
import { createMayKnow } from '../clusters/may-know.ts';
import { createCountApprovals } from '../elevations/grants/approvals-waiting.ts';
import { createElevateCaller } from '../elevations/grants/elevate-caller.ts';
import type { Elevations } from '../elevations/keeper/create-elevations.ts';
import type { HeldElevations } from '../elevations/keeper/held-elevations.ts';
import { createAnswerCanI } from '../explain/answer-can-i.ts';
import { createAnswerExplain } from '../explain/answer-explain.ts';
import { createCallRoute, sendJson, type Route, type Routes } from '../http/routes.ts';
import type { PolicySet } from '../policies/policy-set.ts';

type DecisionDeps = {
  sessions: SessionStore;
  policies: PolicySet;
  elevations?: Elevations | undefined;
  verifier: ServiceVerifier;
  logger: Logger;
  metrics?: Metrics;
  tracer?: Tracer | undefined;
  now: () => number;
  storeTimeoutMs: number;
};

const maxBodyBytes = 1024 * 1024;
const maxExplainBytes = 256 * 1024;
const maxQuestionBytes = 16 * 1024;

/** Creates what answers checks that arrived together, with a span for each of those that are traced. */
function createAnswer(deps: DecisionDeps & { held: HeldElevations | undefined }) {
  const { elevations, tracer } = deps;
  const callers = createCallerViews();
  const evaluate = createEvaluateCheck({
    callers,
    now: deps.now,
    shadow: createEvaluateShadow({ metrics: deps.metrics, logger: deps.logger }),
    elevate: elevations && createElevateCaller({ held: elevations.held, views: callers, lose: elevations.lose }),
    waitingOf: elevations?.held.waitingOf,
    findElevation: elevations?.held.find,
    mayKnow: createMayKnow(),
    countApprovals: elevations && createCountApprovals({ held: elevations.held }),
  });
  const answer = createAnswerChecks({
    ...deps,
    evaluate,
    renewal: createIdleRenewal(deps),
  });
  return (checks: readonly Check[], traces: readonly TracedCheck[]) =>
    tracer && traces.length > 0
      ? traceChecks(tracer, { traces, size: checks.length }, () => answer(checks))
      : answer(checks);
}

function createCheckRoute(answer: ReturnType<typeof createAnswer>): Route {
  return {
    method: 'POST',
    async serve(request, response) {
      const { checks, traces } = readChecks(await readBodyText(request, maxBodyBytes));
      const { answers, afterwards } = await answer(checks, traces);
      sendJson(response, `{"answers":[${answers.join()}]}`);
      afterwards();
    },
  };
}

/**
 * Creates what decides: the routes for requests, for explanations, and for lists of what a caller may do, and the
 * connections over which gateways ask about requests.
 */
export function createDecisionRoutes(given: DecisionDeps): { routes: Routes; streams: CheckStreams } {
  const deps = { ...given, held: given.elevations?.held };
  const answer = createAnswer(deps);
  const routes = {
    '/v1/check': createCheckRoute(answer),
    '/v1/explain': createCallRoute(maxExplainBytes, createAnswerExplain(deps)),
    '/v1/can-i': createCallRoute(maxExplainBytes, createAnswerCanI(deps)),
    '/v1/audit-view': createCallRoute(maxQuestionBytes, createAnswerAuditView(deps)),
    '/v1/clusters': createCallRoute(maxQuestionBytes, createListClusters(deps)),
  };
  return { routes, streams: createCheckStreams({ ...deps, answer }) };
}
