import { setTimeout } from 'node:timers/promises';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import type { Elevation } from '@sallyport/contracts';
import { isOver } from '../../elevation-states/times.ts';
import type { ElevationKeeper } from '../keeper/elevation-keeper.ts';
import { refuseOrphan } from '../keeper/end-extensions.ts';
import type { Asker } from './find-asker.ts';
import { maxListed } from './list-elevations.ts';
import { logStep } from './take-step.ts';

/** A replica that dies keeps a person from asking for as long as this, in milliseconds. */
const heldMs = 10_000;
/** How long after the beginning of a hold something may be written. A write takes less than the rest. */
const writableMs = 5000;
/** How long a request waits for its turn, in milliseconds. */
const waitMs = 3000;
const pollMs = 25;

type Person = { issuer: string; subject: string };

/** Runs the requests of each person one after another. `mayWrite` throws once another replica might take the turn. */
type OneRequestAtATime = <T>(person: Person, run: (mayWrite: () => void) => Promise<T>) => Promise<T>;

const busy = () =>
  new ProblemError('too-many-requests', 'Other requests of yours are being stored. Try again in a moment.', {
    retryAfterSeconds: 1,
  });
const tooSlow = () =>
  new ProblemError('sessions-unavailable', 'The session store took too long, so nothing was stored. Try again.');

/**
 * Runs the requests of each person one after another, over all replicas. What is open already decides
 * whether a request is stored, and of two at once neither would see the other.
 */
function createOneRequestAtATime(deps: { store: Pick<ElevationStore, 'hold'>; now: () => number }): OneRequestAtATime {
  const { store, now } = deps;
  // Those of this replica queue here, so that only the first of them asks the store.
  const lastOf = new Map<string, Promise<unknown>>();
  const hold = async (person: Person, deadline: number) => {
    for (;;) {
      const since = now();
      if (since > deadline) throw busy();
      const release = await store.hold(person, heldMs);
      if (release) return { release, writableUntil: since + writableMs };
      await setTimeout(pollMs);
    }
  };
  const inTurn = async <T>(person: Person, deadline: number, run: Parameters<OneRequestAtATime>[1]) => {
    const { release, writableUntil } = await hold(person, deadline);
    try {
      return (await run(() => {
        if (now() > writableUntil) throw tooSlow();
      })) as T;
    } finally {
      // If this fails, the hold ends by itself.
      await release().catch(() => undefined);
    }
  };
  return async <T>(person: Person, run: Parameters<OneRequestAtATime>[1]) => {
    const key = JSON.stringify([person.issuer, person.subject]);
    const deadline = now() + waitMs;
    const before = lastOf.get(key) ?? Promise.resolve();
    const mine = before.then(() => inTurn<T>(person, deadline, run));
    const done = mine.then(
      () => undefined,
      () => undefined,
    );
    lastOf.set(key, done);
    try {
      return await mine;
    } finally {
      if (lastOf.get(key) === done) lastOf.delete(key);
    }
  };
}

/** Each request is told to people, so withdrawing and asking again must not fill their channels. */
const windowMs = 10 * 60_000;
const maxInWindow = 20;

/**
 * Refuses a request of somebody who has asked for the same elevation many times lately, if those requests are over. Open
 * ones have a limit of their own. Throws `too-many-requests`. `own` are theirs, newest first.
 */
function refuseFlood(own: readonly Elevation[], { name }: Pick<Elevation, 'name'>, now: number): void {
  const lately = own.filter((one) => one.name === name && isOver(one) && one.createdAt > now - windowMs);
  const last = lately[maxInWindow - 1];
  if (!last) return;
  const retryAfterSeconds = Math.max(1, Math.ceil((last.createdAt + windowMs - now) / 1000));
  const minutes = Math.ceil(retryAfterSeconds / 60);
  throw new ProblemError(
    'too-many-requests',
    `You have asked for ${name} ${maxInWindow} times within ${windowMs / 60_000} minutes, and each request is told to other people. Ask again in ${minutes} minute${minutes === 1 ? '' : 's'}.`,
    { retryAfterSeconds },
  );
}

const maxOpen = 20;

type Deps = { store: ElevationStore; keeper: ElevationKeeper; logger: Logger; now: () => number };

/** What is open already for the same right. Refuses the request if there is one for another time. */
function findSame(own: readonly Elevation[], wanted: Elevation): Elevation | undefined {
  const same = own.find(
    (one) =>
      one.name === wanted.name &&
      one.cluster === wanted.cluster &&
      one.namespace === wanted.namespace &&
      one.extends?.id === wanted.extends?.id,
  );
  if (same === undefined || (same.durationMs === wanted.durationMs && same.startsAt === wanted.startsAt)) return same;
  throw new ProblemError(
    'conflict',
    `You have asked for this already, with another time (${same.id}, ${same.state}). Withdraw or revoke it first.`,
  );
}

/** Stores a request, unless there is the same one already. Returns the one that there is then. */
async function store(wanted: Elevation, asker: Asker, deps: Deps, mayWrite: () => void): Promise<Elevation> {
  const { issuer, subject } = asker.person;
  const own = (await deps.store.open()).filter(
    ({ requester, ...one }) => requester.issuer === issuer && requester.subject === subject && !isOver(one),
  );
  const same = findSame(own, wanted);
  if (same) {
    // The first answer may have been that it may or may not have happened.
    await deps.store.confirm();
    return same;
  }
  if (own.length >= maxOpen)
    throw new ProblemError(
      'too-many-requests',
      `You have ${maxOpen} open elevations, which is the limit. Withdraw some.`,
    );
  refuseFlood(await deps.store.ofPerson(asker.person, maxListed), wanted, asker.now);
  mayWrite();
  await deps.keeper.create(wanted);
  return wanted;
}

/**
 * Stores a request and lets it begin if it can. One that is open already, for the same right and time, is
 * answered instead of another.
 */
export function createOpenElevation(deps: Deps): (wanted: Elevation, asker: Asker) => Promise<Elevation> {
  const inTurn = createOneRequestAtATime(deps);
  return async (wanted, asker) => {
    const opened = await inTurn(asker.person, (mayWrite) => store(wanted, asker, deps, mayWrite));
    if (opened === wanted) {
      await refuseOrphan(wanted, deps);
      logStep(deps.logger, 'request', wanted, asker);
    }
    return deps.keeper.settle(opened);
  };
}
