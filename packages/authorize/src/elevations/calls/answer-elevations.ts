import { setImmediate } from 'node:timers/promises';
import {
  elevationCallSchema,
  type Elevation,
  type ElevationAnswer,
  type ElevationCall,
  type ElevationList,
  type ElevationOptions,
  type NoticeList,
  type NoticeResendAnswer,
} from '@sallyport/contracts';
import { createConcurrencyLimiter, ProblemError, type Logger } from '@sallyport/kit';
import { runStepsSliced } from '@sallyport/policy';
import type { ElevationStore } from '@sallyport/stores';
import { isActive } from '../../elevation-states/times.ts';
import type { ElevationStep } from '../../elevation-states/transition.ts';
import { parseBody } from '../../http/parse-body.ts';
import type { ElevationKeeper } from '../keeper/elevation-keeper.ts';
import { endExtensions } from '../keeper/end-extensions.ts';
import { answerNotices } from './answer-notices.ts';
import { findAsker, type Asker, type AskerDeps, isVisible } from './find-asker.ts';
import { listElevations } from './list-elevations.ts';
import { listOptions } from './list-options.ts';
import { createOpenElevation } from './open-elevation.ts';
import { needsFreshLogin, noSuchElevation, refuseWithoutRight, requireKnownNames } from './refusals.ts';
import { elevationFor, extensionOf } from './request-terms.ts';
import { logStep, takeStep } from './take-step.ts';
import { showElevation } from './view-elevation.ts';

type Deps = AskerDeps & {
  store: ElevationStore;
  keeper: ElevationKeeper;
  /** The names of the channels that are told. */
  channels: readonly string[];
  logger: Logger;
};
type Decision = Extract<ElevationCall, { action: 'approve' | 'deny' | 'withdraw' | 'revoke' }>;

const answer = (elevation: Elevation, asker: Asker): ElevationAnswer => ({
  elevation: showElevation(elevation, asker),
});

/**
 * Reads an elevation that the caller may see: their own, or one that they approve, review, could do so after another
 * login, or are privileged to act on.
 */
async function findVisible(id: string, asker: Asker, { store }: Pick<Deps, 'store'>): Promise<Elevation> {
  const found = await store.read(id);
  if (!found || !isVisible(asker.relationTo(found))) throw noSuchElevation();
  return found;
}

function stepOf({ action, asked }: Decision, { person }: Asker): Extract<ElevationStep, { type: Decision['action'] }> {
  return { type: action, by: person, ...(asked.reason === undefined ? {} : { detail: asked.reason }) };
}

/** Returns the step of a decision about an elevation. An approval says for which sets of approvers it is. */
function decisionOf(call: Decision, elevation: Elevation, asker: Asker): ElevationStep {
  const step = stepOf(call, asker);
  if (step.type !== 'approve') return step;
  const under = asker.snapshot.elevations.get(elevation.name)?.terms.approvers;
  return { ...step, sets: asker.relationTo(elevation).sets, ...(under === undefined ? {} : { under }) };
}

async function decideOn(call: Decision, asker: Asker, deps: Deps): Promise<ElevationAnswer> {
  const { action } = call;
  const found = await findVisible(call.id, asker, deps);
  refuseWithoutRight(action, found, asker.relationTo(found));
  if (action === 'approve') requireKnownNames(asker.person, found.requester);
  const { elevation: next, repeated } = await takeStep(call.id, decisionOf(call, found, asker), deps);
  if (!repeated) logStep(deps.logger, action, next, asker);
  if (action === 'approve') return answer(await deps.keeper.settle(next), asker);
  if (action === 'revoke') {
    const who = { by: asker.person, detail: call.asked.reason };
    for (const ended of await endExtensions(call.id, who, deps)) logStep(deps.logger, action, ended, asker);
  }
  return answer(await settleLater(next, deps), asker);
}

/** Records what has happened already. That the trail cannot be written must not undo it, and is shown in the answer. */
async function settleLater(elevation: Elevation, { keeper, logger }: Deps): Promise<Elevation> {
  return keeper.settle(elevation).catch((error: unknown) => {
    logger.warn({ err: error, elevation: elevation.id }, 'a step of an elevation could not be recorded yet');
    return elevation;
  });
}

/** Stores the review of a reviewer. It gives no right, so it does not wait for the audit log. */
async function review(call: Extract<ElevationCall, { action: 'review' }>, asker: Asker, deps: Deps) {
  const { mine, reviews, reviewLogin } = asker.relationTo(await findVisible(call.id, asker, deps));
  if (reviewLogin) throw needsFreshLogin(reviewLogin);
  if (!reviews && !mine) throw new ProblemError('forbidden', 'You may see this elevation, but not review it.');
  requireKnownNames(asker.person);
  const step = { type: 'review', by: asker.person, ...call.asked } as const;
  const { elevation: next, repeated } = await takeStep(call.id, step, deps);
  if (!repeated) logStep(deps.logger, 'review', next, asker);
  return answer(await settleLater(next, deps), asker);
}

/** Returns the request for an extension. Only the holder of an active elevation can make one. */
async function extensionFor(call: Extract<ElevationCall, { action: 'extend' }>, asker: Asker, deps: Deps) {
  const elevation = await findVisible(call.id, asker, deps);
  if (!asker.relationTo(elevation).mine)
    throw new ProblemError('forbidden', 'Only the person who has an elevation can ask to extend it.');
  if (!isActive(elevation, asker.now))
    throw new ProblemError('conflict', 'Only an active elevation can be extended. Ask for a new one.');
  return extensionOf(elevation, call.asked, asker);
}

/** Lists what the caller may ask for, a few milliseconds at a time, so that checks are answered in between. */
function createAnswerOptions(): (asker: Asker) => Promise<ElevationOptions> {
  const limiter = createConcurrencyLimiter({ total: 4, message: 'Too many such lists are in progress. Try again.' });
  const slicing = { pause: () => setImmediate(), sliceMs: 5 };
  return (asker) => limiter.run('options', () => runStepsSliced(listOptions(asker), slicing));
}

type Answers = ElevationAnswer | ElevationList | ElevationOptions | NoticeList | NoticeResendAnswer;

/** Creates the handler of `POST /v1/elevations`. Everything is decided by the caller's session and the policy in force. */
export function createAnswerElevations(deps: Deps): (text: string) => Promise<Answers> {
  const answerOptions = createAnswerOptions();
  const open = createOpenElevation(deps);
  return async (text) => {
    const call = parseBody(elevationCallSchema, text);
    const asker = await findAsker(call, deps);
    switch (call.action) {
      case 'request':
        return answer(await open(elevationFor(call.asked, asker), asker), asker);
      case 'extend':
        return answer(await open(await extensionFor(call, asker, deps), asker), asker);
      case 'show':
        return answer(await findVisible(call.id, asker, deps), asker);
      case 'list':
        return listElevations(call, asker, deps.store);
      case 'options':
        return answerOptions(asker);
      case 'review':
        return review(call, asker, deps);
      case 'notices':
      case 'resend':
        return answerNotices(call, asker, deps);
      default:
        return decideOn(call, asker, deps);
    }
  };
}
