import type { Notice } from '@sallyport/contracts';
import { z } from 'zod';

/**
 * How many elevations can wait on one channel, so that a dead one cannot fill the store. What comes on top is kept with its
 * elevation, but is not sent unless a later step of the elevation finds room.
 */
export const maxWaiting = 10_000;

/** How far one channel is with the notices of one elevation. */
export const deliverySchema = z.object({
  /** Each notice up to this number was sent, was given up, or is not for the channel. */
  done: z.number().int(),
  /** Those that were given up, and why. */
  failed: z.array(z.object({ number: z.number().int(), at: z.number(), tries: z.number(), reason: z.string() })),
  /** Those of them that an operator wants to have sent again. */
  again: z.array(z.number().int()),
  /** How often the next one was tried, since when, and what came of it. */
  tries: z.number().int(),
  since: z.number().optional(),
  reason: z.string().optional(),
});
export type Delivery = z.infer<typeof deliverySchema>;

export const newDelivery: Delivery = { done: 0, failed: [], again: [], tries: 0 };

/** The notices of one elevation, oldest first, and how far a channel is with them. `version` is for `mark`. */
export type Waiting = { notices: Notice[]; delivery: Delivery; version: string };

/** An elevation whose notices one replica may send to a channel, until the lease is over. */
export type Leased = { elevationId: string; lease: string };

/** An elevation with notices that wait on a channel, or are being sent. */
export type Queued = { elevationId: string; leased: boolean };

/** A channel and an elevation with notices that the channel did not take. */
export type FailedPair = { channel: string; elevationId: string };

/**
 * The notices that wait to be sent. The store of elevations writes them together with the step that they are about. Each
 * pair of a channel and an elevation is a queue of its own, so that a channel which does not answer holds up neither
 * another channel nor another elevation. Nothing leaves before it is marked, so everything is sent at least once. Every
 * backend passes the same conformance suite. A store that cannot be reached rejects with `sessions-unavailable`.
 */
export interface NoticeOutbox {
  /**
   * Takes elevations with something to send on a channel, the one that has waited longest first. No other replica is given
   * them for `leaseMs`; if this one does not release them by then, another takes over.
   */
  take(channel: string, leaseMs: number, limit: number): Promise<Leased[]>;
  /** Gives a lease back: to be taken again after `afterMs`, or not at all. Does nothing if the lease is over. */
  release(channel: string, leased: Leased, afterMs: number | undefined): Promise<void>;
  /** Makes an elevation due on a channel now. Returns false if too many wait. */
  wake(channel: string, elevationId: string): Promise<boolean>;
  /** Returns undefined if there is no such elevation any more. */
  read(channel: string, elevationId: string): Promise<Waiting | undefined>;
  /** Replaces the delivery of this version. Returns false if another replica has replaced it. */
  mark(channel: string, elevationId: string, version: string, next: Delivery): Promise<boolean>;
  /** Lists the elevations that wait on a channel, and how many there are. */
  queued(channel: string, limit: number): Promise<{ total: number; queued: Queued[] }>;
  /** Lists where notices were given up, the latest first. */
  failed(limit: number): Promise<FailedPair[]>;
}
