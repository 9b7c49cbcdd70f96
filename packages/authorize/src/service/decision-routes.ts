import { readBodyText, type Logger, type Metrics, type Tracer } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import { createCallerViews } from '../caller/caller-view.ts';
import { createAnswerChecks } from '../check/answer-checks.ts';
import { createEvaluateCheck } from '../check/evaluate-check.ts';
import { createEvaluateShadow } from '../check/evaluate-shadow.ts';
import { createIdleRenewal } from '../check/idle-renewal.ts';
import { readChecks } from '../check/read-checks.ts';
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
  logger: Logger;
  metrics?: Metrics;
  tracer?: Tracer | undefined;
  now: () => number;
  storeTimeoutMs: number;
};

const maxBodyBytes = 1024 * 1024;
const maxExplainBytes = 256 * 1024;
const maxQuestionBytes = 16 * 1024;

function createCheckRoute(deps: DecisionDeps & { held: HeldElevations | undefined }): Route {
  const { elevations } = deps;
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
  return {
    method: 'POST',
    async serve(request, response) {
      const startedAt = deps.tracer ? Date.now() : 0;
      const { checks, traces } = readChecks(await readBodyText(request, maxBodyBytes));
      const answerAll = () => answer(checks);
      const { json, afterwards } =
        deps.tracer && traces.length > 0
          ? await traceChecks(deps.tracer, { traces, size: checks.length, startedAt }, answerAll)
          : await answerAll();
      sendJson(response, json);
      afterwards();
    },
  };
}

/** Creates the routes that decide: for requests, for explanations, and for lists of what a caller may do. */
export function createDecisionRoutes(given: DecisionDeps): Routes {
  const deps = { ...given, held: given.elevations?.held };
  return {
    '/v1/check': createCheckRoute(deps),
    '/v1/explain': createCallRoute(maxExplainBytes, createAnswerExplain(deps)),
    '/v1/can-i': createCallRoute(maxExplainBytes, createAnswerCanI(deps)),
    '/v1/audit-view': createCallRoute(maxQuestionBytes, createAnswerAuditView(deps)),
    '/v1/clusters': createCallRoute(maxQuestionBytes, createListClusters(deps)),
  };
}
