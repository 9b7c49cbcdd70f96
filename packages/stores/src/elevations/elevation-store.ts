import type { Elevation, Notice } from '@sallyport/contracts';
import type { NoticeOutbox } from '../notices/notice-outbox.ts';
import type { Held } from '../redis/redis-keys.ts';

/**
 * What has changed since a position in the log of changes: the elevations by id, each as often as it changed, or
 * undefined if that is not known and everything must be read again.
 */
export type ElevationChanges = { position: number; ids: string[] | undefined };

/**
 * Stores elevations. A write replaces exactly the revision that it was derived from, so that of two writers only one
 * succeeds. Nothing that is not over ever expires by itself: only the clock of the reader ends a right. Every backend
 * passes the same conformance suite. A store that cannot be reached rejects with `sessions-unavailable`.
 */
export interface ElevationStore {
  /** What waits to be told to people. */
  readonly notices: NoticeOutbox;
  /**
   * Stores a new elevation, and in the same write the notices of its first step. Rejects with `conflict` if its id is
   * taken.
   */
  create(elevation: Elevation, nextStepAt: number | undefined, notices?: readonly Notice[]): Promise<void>;
  /** Returns undefined for an unknown id. */
  read(id: string): Promise<Elevation | undefined>;
  /** Returns those that exist, in order. */
  readAll(ids: readonly string[]): Promise<Elevation[]>;
  /**
   * Replaces revision N-1 with revision N, and stores the notices of the step in the same write. Returns false without
   * writing either if another revision is stored. `nextStepAt` is when `due` lists it; an elevation without one is over,
   * and is kept for a week.
   */
  replace(elevation: Elevation, nextStepAt: number | undefined, notices?: readonly Notice[]): Promise<boolean>;
  /**
   * Makes sure that what has been read of elevations stays, as every `create` and `replace` of this store does. Another
   * writer may have died before it knew. Rejects with `sessions-unavailable` if it is not known.
   */
  confirm(): Promise<void>;
  /** The release of a hold, or undefined if another one is there. It ends by itself after `forMs` milliseconds. */
  hold(what: Held, forMs: number): Promise<(() => Promise<void>) | undefined>;
  /** Lists those with a next step, whenever it is due. */
  open(): Promise<Elevation[]>;
  /** Lists ids whose next step was due at this time or before, the earliest first. */
  due(now: number, limit: number): Promise<string[]>;
  /** Sets when the next step of an elevation is due, and makes every replica read it again. */
  touch(elevation: Elevation, nextStepAt: number | undefined): Promise<void>;
  /** Lists those of a person, newest first. */
  ofPerson(person: { issuer: string; subject: string }, limit: number): Promise<Elevation[]>;
  /** Lists those of everyone, newest first. */
  latest(limit: number): Promise<Elevation[]>;
  /** What has changed since a position. Position 0 is before everything. */
  changesSince(position: number): Promise<ElevationChanges>;
  /** Calls back when something may have changed, on any replica. Returns a function that unsubscribes. */
  onChange(listener: () => void): () => void;
}
