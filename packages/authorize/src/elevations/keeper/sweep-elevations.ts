import type { Elevation } from '@sallyport/contracts';
import { createWarnOnce, type Logger } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import { nextStepAt } from '../../elevation-states/times.ts';
import type { ElevationStep } from '../../elevation-states/transition.ts';
import type { PolicySnapshot } from '../../policies/policy-set.ts';
import { type ElevationKeeper, revokedBefore } from './elevation-keeper.ts';
import { listOrphans } from './end-extensions.ts';
import { endReason, type EndedPeople } from './end-reasons.ts';
import type { HeldElevations } from './held-elevations.ts';

const everyMs = 500;
const maxDue = 200;
/** How often everything is read again, in milliseconds. It finds what neither a message nor an index has told. */
const reloadMs = 300_000;

type SweepDeps = {
  store: ElevationStore;
  keeper: ElevationKeeper;
  held: HeldElevations;
  ended: EndedPeople;
  policies: { current(): Pick<PolicySnapshot, 'elevations'> };
  logger: Logger;
  now: () => number;
};

const listHeld = (held: HeldElevations) => [...held.all(), ...held.waiting()];

/**
 * Returns those that their people or their entries end. What is asked for is configured, so most reasons come with a
 * configuration that is new.
 */
function listEnded(
  { held, ended, now }: Pick<SweepDeps, 'held' | 'ended' | 'now'>,
  elevations: PolicySnapshot['elevations'],
  isNew: boolean,
): Elevation[] {
  const all = listHeld(held);
  const looked = isNew ? all : held.all().filter(({ name }) => elevations.has(name));
  const ends = [
    ...all.filter((one) => ended.whyEnded(one) !== undefined),
    ...looked.filter((one) => endReason(one, elevations.get(one.name), now()) !== undefined),
  ];
  return [...new Set(ends)];
}

/**
 * Attends to what is due, whichever replica began it: records events, lets scheduled elevations begin, writes down that
 * one has ended, and ends what its entry or its person ends, and extensions of what was revoked. Returns a function that
 * stops it.
 */
export function sweepElevations(deps: SweepDeps): () => Promise<void> {
  const { store, keeper, held, ended, policies, logger, now } = deps;
  const outage = createWarnOnce(logger, {
    failed: 'elevations cannot be attended to; none begins until this works again',
    recovered: 'elevations are attended to again',
  });
  let reloadedAt = -Infinity;
  let checkedAgainst: unknown;
  let stopped = false;
  let running: Promise<void> | undefined;
  const attend = async (elevation: Elevation) => {
    const settled = await keeper.settle(elevation);
    // An index entry that a crash has left behind says that something is due although nothing is.
    if (settled.revision === elevation.revision) await store.touch(settled, nextStepAt(settled));
  };
  const take = async ({ id }: Elevation, step: ElevationStep) => {
    const outcome = await keeper.take(id, step);
    if (outcome?.ok) await keeper.settle(outcome.next);
  };
  // Without entries nothing can begin, so what is left over is looked at now and then only.
  const isDue = () =>
    policies.current().elevations.size > 0 || listHeld(held).length > 0 || now() - reloadedAt >= reloadMs;
  const sweep = async () => {
    if (now() - reloadedAt >= reloadMs) {
      await held.reload();
      reloadedAt = now();
      checkedAgainst = undefined;
    }
    const due = await store.readAll(await store.due(now(), maxDue));
    const { elevations } = policies.current();
    await ended.refresh();
    const toEnd = listEnded(deps, elevations, elevations !== checkedAgainst);
    const orphaned = await listOrphans(held.all(), store);
    // One that the audit log does not take must not hold up the end of another.
    const done = await Promise.allSettled([
      ...due.map(attend),
      // The keeper knows why, and looks again.
      ...toEnd.map((one) => take(one, { type: 'tick' })),
      ...orphaned.map((one) => take(one, { type: 'revoke', detail: revokedBefore })),
    ]);
    const failed = done.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason as Error;
    checkedAgainst = elevations;
  };
  const timer = setInterval(() => {
    if (running || stopped || !isDue()) return;
    running = sweep()
      .then(
        () => outage.recovered(),
        (error: unknown) => outage.failed({ err: error }),
      )
      .finally(() => (running = undefined));
  }, everyMs);
  timer.unref();
  return async () => {
    stopped = true;
    clearInterval(timer);
    await running;
  };
}
