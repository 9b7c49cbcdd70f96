import { canIRequestSchema, type CanIAnswer } from '@sallyport/contracts';
import { createTimeSlicer, ProblemError, type Logger } from '@sallyport/kit';
import { findCallerSession, type CallerDeps } from '../caller/find-caller-session.ts';
import { refreshElevations, type HeldElevations } from '../elevations/keeper/held-elevations.ts';
import { parseBody } from '../http/parse-body.ts';
import { createTrialCheck, noSuchCluster } from './trial-check.ts';

type Deps = CallerDeps & {
  held?: HeldElevations | undefined;
  logger: Logger;
};

const sliceMs = 5;

/**
 * Creates the handler of `POST /v1/can-i`. Each question is evaluated like a check, a few milliseconds at a time, so
 * that checks are answered in between.
 */
export function createAnswerCanI(deps: Deps): (text: string) => Promise<CanIAnswer> {
  return async (text) => {
    const { check, requests } = parseBody(canIRequestSchema, text);
    const { target } = check;
    if (target.kind !== 'cluster')
      throw new ProblemError('bad-request', 'You can only ask about requests to clusters.');
    const [found] = await Promise.all([findCallerSession(check, deps), refreshElevations(deps)]);
    const snapshot = deps.policies.current();
    const evaluate = createTrialCheck(deps.now(), deps.held);
    const slicer = createTimeSlicer(sliceMs);
    const allowed: boolean[] = [];
    const recording: NonNullable<CanIAnswer['recording']> = [];
    for (const { method, kubernetes } of requests) {
      await slicer.turn();
      const {
        decision,
        problem,
        cluster,
        recording: demand = null,
      } = evaluate(
        { ...check, request: { ...check.request, method, path: kubernetes.path }, kubernetes },
        found,
        snapshot,
      );
      if (decision.effect === 'authenticate')
        throw new ProblemError('unauthenticated', problem?.detail ?? 'Log in first.');
      if (cluster === 'unknown') throw noSuchCluster(target.name, { problem });
      allowed.push(decision.effect === 'allow');
      recording.push(demand);
    }
    deps.logger.info(
      {
        cluster: target.name,
        questions: requests.length,
        allowed: allowed.filter(Boolean).length,
        policyVersion: snapshot.version,
      },
      'permissions were listed',
    );
    const isRecorded = recording.some((demand) => demand !== null);
    return { policyVersion: snapshot.version, allowed, ...(isRecorded ? { recording } : {}) };
  };
}
