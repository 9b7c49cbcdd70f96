import type { Elevation } from '@sallyport/contracts';
import { isOver } from '@sallyport/elevation';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import type { ElevationKeeper } from './elevation-keeper.ts';
import { refuseOrphan } from './end-extensions.ts';
import type { Asker } from './find-asker.ts';
import { logStep } from './log-step.ts';
import { maxListed } from './max-listed.ts';
import { createOneRequestAtATime } from './one-request-at-a-time.ts';
import { refuseFlood } from './refuse-flood.ts';

const maxOpen = 20;

type Deps = { store: ElevationStore; keeper: ElevationKeeper; logger: Logger; now: () => number };

/** Returns what is open already for the same right. Refuses the request if there is one for another time. */
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
    await deps.store.confirm(same.id);
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
 * Creates what stores a request and lets it begin if it can. One that is open already, for the same right and time, is
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
