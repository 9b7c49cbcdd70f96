import type { AuditSink } from '@sallyport/audit-log';
import type { Config, NotificationConfig } from '@sallyport/contracts';
import { createLinkedPeople, type DirectoryStore } from '@sallyport/directory';
import type { Logger, Metrics } from '@sallyport/kit';
import type { ElevationStore, SessionStore } from '@sallyport/stores';
import type { PolicySet } from '../../policies/policy-set.ts';
import { createElevationKeeper, type ElevationKeeper } from './elevation-keeper.ts';
import { createEndedPeople, type LostElevation } from './end-reasons.ts';
import { createHeldElevations, type HeldElevations } from './held-elevations.ts';
import { createKnownPeople, type KnownPeople } from './known-people.ts';
import { createNoticesOf } from './notices-of.ts';
import { sweepElevations } from './sweep-elevations.ts';
import { registerElevationMetrics, createWarnOfSteps } from './watch-elevations.ts';

/** Where elevations are stored and recorded, and the directory, which links the accounts of a person. */
export type ElevationParts = {
  store: ElevationStore;
  sink: Pick<AuditSink, 'publish' | 'keep'>;
  directory: Pick<DirectoryStore, 'find' | 'lastSync'>;
};

/** The elevations of one replica. */
export type Elevations = {
  store: ElevationStore;
  keeper: ElevationKeeper;
  held: HeldElevations;
  people: KnownPeople;
  /** The names of the channels that are told. */
  channels: readonly string[];
  /** Ends one that gives nothing any more, and says why. Does not wait. */
  lose(lost: LostElevation): void;
  close(): Promise<void>;
};

/** Creates the elevations and begins to attend to them. */
export function createElevations(
  { store, sink, directory }: ElevationParts,
  deps: {
    policies: PolicySet;
    identity: Config['identity'];
    sessions: Pick<SessionStore, 'list' | 'rightsEnded'>;
    notifications?: readonly NotificationConfig[] | undefined;
    logger: Logger;
    metrics?: Metrics;
    now: () => number;
  },
): Elevations {
  const { logger, identity, notifications = [], now } = deps;
  const links = createLinkedPeople({ identity, store: directory, now });
  const people = createKnownPeople({ identity, links, sessions: deps.sessions });
  const rulesOf = (name: string) => deps.policies.current().elevations.get(name);
  const noticesOf = createNoticesOf({ channels: notifications, rulesOf });
  const ended = createEndedPeople(deps);
  const keeper = createElevationKeeper({
    store,
    sink,
    noticesOf,
    rulesOf,
    ended,
    people,
    now,
    onStep: createWarnOfSteps(logger),
  });
  const held = createHeldElevations({ store });
  if (deps.metrics) registerElevationMetrics(deps.metrics, { held, now: deps.now });
  const refresh = () =>
    void held.refresh().catch((error: unknown) => {
      // The next check refreshes too, and is refused if it cannot.
      logger.debug({ err: error }, 'the elevations could not be read');
    });
  const stopListening = store.onChange(refresh);
  const stopSweeping = sweepElevations({ ...deps, store, keeper, held, ended });
  const losing = new Set<string>();
  return {
    store,
    keeper,
    held,
    people,
    channels: notifications.map(({ name }) => name),
    lose({ elevation: { id }, why: detail }) {
      if (losing.has(id)) return;
      losing.add(id);
      keeper
        .take(id, { type: 'revoke', detail })
        .then(async (outcome) => void (outcome?.ok && (await keeper.settle(outcome.next))))
        .catch((error: unknown) => logger.warn({ err: error, elevation: id }, 'an elevation could not be ended yet'))
        .finally(() => losing.delete(id));
    },
    async close() {
      stopListening();
      await stopSweeping();
    },
  };
}
