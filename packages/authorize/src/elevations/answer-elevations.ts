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
import { isActive, isOver, type ElevationStep } from '@sallyport/elevation';
import { ProblemError, type Logger } from '@sallyport/kit';
import { runStepsSliced } from '@sallyport/policy';
import type { ElevationStore } from '@sallyport/stores';
import { createConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';
import { parseBody } from '../explain/parse-body.ts';
import { answerNotices } from '../notifications/answer-notices.ts';
import type { ElevationKeeper } from './elevation-keeper.ts';
import { needsFreshLogin, noSuchElevation } from './elevation-problems.ts';
import { endExtensions, refuseOrphan } from './end-extensions.ts';
import { findAsker, type Asker, type AskerDeps } from './find-asker.ts';
import { listElevations } from './list-elevations.ts';
import { listOptions } from './list-options.ts';
import { maxListed } from './max-listed.ts';
import { refuseFlood } from './refuse-flood.ts';
import { refuseWithoutRight } from './refuse-without-right.ts';
import { elevationFor, extensionOf } from './request-terms.ts';
import { showElevation } from './show-elevation.ts';
import { takeStep } from './take-step.ts';
import { isVisible } from './view-elevation.ts';

const maxOpen = 20;

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

function logStep(logger: Logger, action: string, { id, name, cluster, state }: Elevation, { person }: Asker): void {
  logger.info({ elevation: id, name, cluster, state, action, user: person.user }, 'a step of an elevation');
}

/** Stores a request. One that is open already, for the same right and time, is answered instead of another. */
async function open(wanted: Elevation, asker: Asker, deps: Deps): Promise<ElevationAnswer> {
  const { issuer, subject } = asker.person;
  const own = (await deps.store.open()).filter(
    ({ requester, ...one }) => requester.issuer === issuer && requester.subject === subject && !isOver(one),
  );
  const same = own.find(
    (one) =>
      one.name === wanted.name &&
      one.cluster === wanted.cluster &&
      one.namespace === wanted.namespace &&
      one.extends?.id === wanted.extends?.id,
  );
  if (same) {
    if (same.durationMs === wanted.durationMs && same.startsAt === wanted.startsAt) {
      // The first answer may have been that it may or may not have happened.
      await deps.store.confirm(same.id);
      return answer(await deps.keeper.settle(same), asker);
    }
    throw new ProblemError(
      'conflict',
      `You have asked for this already, with another time (${same.id}, ${same.state}). Withdraw or revoke it first.`,
    );
  }
  if (own.length >= maxOpen)
    throw new ProblemError(
      'too-many-requests',
      `You have ${maxOpen} open elevations, which is the limit. Withdraw some.`,
    );
  refuseFlood(await deps.store.ofPerson(asker.person, maxListed), wanted, asker.now);
  await deps.keeper.create(wanted);
  await refuseOrphan(wanted, deps);
  logStep(deps.logger, 'request', wanted, asker);
  return answer(await deps.keeper.settle(wanted), asker);
}

function stepOf({ action, asked }: Decision, { person }: Asker): Extract<ElevationStep, { type: Decision['action'] }> {
  return { type: action, by: person, ...(asked.reason === undefined ? {} : { detail: asked.reason }) };
}

/** Returns the step of a decision about an elevation. An approval says for which sets of approvers it is. */
function decisionOf(call: Decision, elevation: Elevation, asker: Asker): ElevationStep {
  const step = stepOf(call, asker);
  return step.type === 'approve' ? { ...step, sets: asker.relationTo(elevation).sets } : step;
}

async function decideOn(call: Decision, asker: Asker, deps: Deps): Promise<ElevationAnswer> {
  const { action } = call;
  const found = await findVisible(call.id, asker, deps);
  refuseWithoutRight(action, found, asker.relationTo(found));
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
  const step = { type: 'review', by: asker.person, ...call.asked } as const;
  const { elevation: next, repeated } = await takeStep(call.id, step, deps);
  if (!repeated) logStep(deps.logger, 'review', next, asker);
  return answer(await settleLater(next, deps), asker);
}

async function extend(call: Extract<ElevationCall, { action: 'extend' }>, asker: Asker, deps: Deps) {
  const elevation = await findVisible(call.id, asker, deps);
  if (!asker.relationTo(elevation).mine)
    throw new ProblemError('forbidden', 'Only the person who has an elevation can ask to extend it.');
  if (!isActive(elevation, asker.now))
    throw new ProblemError('conflict', 'Only an active elevation can be extended. Ask for a new one.');
  return open(extensionOf(elevation, call.asked, asker), asker, deps);
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
  return async (text) => {
    const call = parseBody(elevationCallSchema, text);
    const asker = await findAsker(call, deps);
    switch (call.action) {
      case 'request':
        return open(elevationFor(call.asked, asker), asker, deps);
      case 'extend':
        return extend(call, asker, deps);
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
