import type { Elevation } from '@sallyport/contracts';
import { createListeners, withDeadline } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import { sessionsUnavailable } from '../../caller/find-caller-session.ts';
import { awaitsReview } from '../../elevation-states/times.ts';
import type { PolicySet } from '../../policies/policy-set.ts';

/** The elevations that are rights now or soon, in memory. */
export type HeldElevations = {
  /**
   * Makes sure that everything is known that any replica had written before the call: one small question to the store.
   * Rejects with `sessions-unavailable`, and then nothing may be decided.
   */
  refresh(): Promise<void>;
  /** Reads everything again, whatever is known. */
  reload(): Promise<void>;
  /** Returns the active ones of a person; undefined if there are none. Whether one has ended, only the clock says. */
  of(person: { issuer: string; subject: string }): readonly Elevation[] | undefined;
  /** Returns those of a person that are requested or approved, and not active yet. */
  waitingOf(person: { issuer: string; subject: string }): readonly Elevation[];
  /** Returns one by its ID, whatever its state. One that is over may be forgotten already. */
  find(id: string): Elevation | undefined;
  /** Lists the active ones of everyone. */
  all(): readonly Elevation[];
  /** Lists those of everyone that are requested or approved, and not active yet. */
  waiting(): readonly Elevation[];
  /** Lists those of everyone that wait for a review, also after their end. */
  toReview(): readonly Elevation[];
  /** Calls back for a person who has gained or lost one. Returns a function that unsubscribes. */
  onChange(listener: (person: { issuer: string; subject: string }) => void): () => void;
};

type Known = { elevation: Elevation; round: number };

const keyOf = ({ issuer, subject }: { issuer: string; subject: string }) => `${issuer}\0${subject}`;

/** The elevations of each person that are in some states. */
function createPersonIndex(states: ReadonlySet<Elevation['state']>) {
  const byPerson = new Map<string, readonly Elevation[]>();
  return {
    of: (person: { issuer: string; subject: string }) => byPerson.get(keyOf(person)),
    all: () => [...byPerson.values()].flat(),
    /** Reports whether the person gained or lost one. */
    replace(before: Elevation | undefined, after: Elevation | undefined): boolean {
      const held = after !== undefined && states.has(after.state);
      if (!held && !(before && states.has(before.state))) return false;
      const { id, requester } = (after ?? before)!;
      const key = keyOf(requester);
      const others = (byPerson.get(key) ?? []).filter((one) => one.id !== id);
      const now = held ? [...others, after] : others;
      if (now.length > 0) byPerson.set(key, now);
      else byPerson.delete(key);
      return true;
    },
  };
}

/** Creates the memory of one replica, empty until the first refresh. */
export function createHeldElevations({ store }: { store: ElevationStore }): HeldElevations {
  const known = new Map<string, Known>();
  const active = createPersonIndex(new Set(['active']));
  const waiting = createPersonIndex(new Set(['pending', 'approved']));
  const changed = createListeners<{ issuer: string; subject: string }>();
  let position: number | undefined;
  let round = 0;
  const replace = (before: Elevation | undefined, after: Elevation | undefined) => {
    waiting.replace(before, after);
    if (!active.replace(before, after)) return;
    const { issuer, subject } = (after ?? before)!.requester;
    changed.tell({ issuer, subject });
  };
  /** Reads arrive in any order, so an older revision never replaces a newer one. */
  const put = (elevation: Elevation) => {
    const before = known.get(elevation.id);
    if (before && before.elevation.revision >= elevation.revision) {
      before.round = round;
      return;
    }
    known.set(elevation.id, { elevation, round });
    replace(before?.elevation, elevation);
  };
  const drop = (id: string) => {
    const before = known.get(id);
    known.delete(id);
    if (before) replace(before.elevation, undefined);
  };
  const reload = async () => {
    const { position: at } = await store.changesSince(position ?? 0);
    round += 1;
    const started = round;
    for (const elevation of await store.open()) put(elevation);
    for (const [id, one] of known) if (one.round < started) drop(id);
    position = at;
  };
  return {
    reload,
    async refresh() {
      if (position === undefined) return reload();
      const { position: at, ids } = await store.changesSince(position);
      if (ids === undefined) {
        // If reading everything fails, the next call must try it again.
        position = undefined;
        return reload();
      }
      if (ids.length === 0) return;
      const wanted = [...new Set(ids)];
      const found = await store.readAll(wanted);
      for (const elevation of found) put(elevation);
      const there = new Set(found.map(({ id }) => id));
      for (const id of wanted) if (!there.has(id)) drop(id);
      // Another call may have begun to read everything, and has then to finish.
      if (position !== undefined) position = Math.max(position, at);
    },
    of: active.of,
    waitingOf: (person) => waiting.of(person) ?? [],
    find: (id) => known.get(id)?.elevation,
    all: active.all,
    waiting: waiting.all,
    toReview: () => [...known.values()].map(({ elevation }) => elevation).filter(awaitsReview),
    onChange: (listener) => changed.add(listener),
  };
}

/**
 * Makes sure that the elevations in memory are current. Undefined, and no wait, if the configuration has none. Rejects
 * with `sessions-unavailable`.
 */
export function refreshElevations(deps: {
  held?: Pick<HeldElevations, 'refresh'> | undefined;
  policies: Pick<PolicySet, 'current'>;
  storeTimeoutMs: number;
}): Promise<void> | undefined {
  const { held, policies, storeTimeoutMs } = deps;
  if (!held || policies.current().elevations.size === 0) return undefined;
  return withDeadline(held.refresh(), storeTimeoutMs, sessionsUnavailable);
}
