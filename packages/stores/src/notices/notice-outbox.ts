import type { Notice, ServiceAccountNotice } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { z } from 'zod';

/**
 * How many elevations and service accounts can wait on one channel, so that a dead one cannot fill the store. What comes on
 * top is kept, but is not sent unless a later step finds room.
 */
export const maxWaiting = 10_000;

/** How far one channel is with the notices about one thing: an elevation or a service account. */
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
  /** Since when the next one is given up, and what its event says. It is tried until the audit log has the event. */
  lost: z.object({ at: z.number(), tries: z.number(), reason: z.string() }).optional(),
});
export type Delivery = z.infer<typeof deliverySchema>;

export const newDelivery: Delivery = { done: 0, failed: [], again: [], tries: 0 };

/** The notices about one thing, oldest first, and how far a channel is with them. `version` is for `mark`. */
export type Waiting = { notices: Notice[]; delivery: Delivery; version: string };

/** What one replica may send notices about to a channel, until the lease is over. */
export type Leased = { aboutId: string; lease: string };

/** What notices wait about on a channel, or are being sent about. */
export type Queued = { aboutId: string; leased: boolean };

/** A channel and what it did not take notices about. */
export type FailedPair = { channel: string; aboutId: string };

/**
 * The notices that wait to be sent. The store of elevations writes those of elevations together with the step. Each
 * pair of a channel and what a notice is about is a queue of its own, so that a channel which does not answer holds up
 * neither another channel nor another thing. Nothing leaves before it is marked, so everything is sent at least once.
 * Every backend passes the same conformance suite. A store that cannot be reached rejects with `sessions-unavailable`.
 */
export interface NoticeOutbox {
  /**
   * Stores a notice about a service account for `keepMs`, unless it is there already, and makes it due on its channels.
   * Those of elevations are stored with the elevation.
   */
  put(notice: ServiceAccountNotice, keepMs: number): Promise<void>;
  /** Reports whether a notice of this number is stored. */
  has(aboutId: string, number: number): Promise<boolean>;
  /**
   * Takes what there is something to send about on a channel, the one that has waited longest first. No other replica
   * is given them for `leaseMs`; if this one does not release them by then, another takes over.
   */
  take(channel: string, leaseMs: number, limit: number): Promise<Leased[]>;
  /** Gives a lease back: to be taken again after `afterMs`, or not at all. Does nothing if the lease is over. */
  release(channel: string, leased: Leased, afterMs: number | undefined): Promise<void>;
  /** Makes what waits about this due on a channel now. Returns false if too many wait. */
  wake(channel: string, aboutId: string): Promise<boolean>;
  /** Returns undefined if there is nothing about it any more. */
  read(channel: string, aboutId: string): Promise<Waiting | undefined>;
  /** Replaces the delivery of this version. Returns false if another replica has replaced it. */
  mark(channel: string, aboutId: string, version: string, next: Delivery): Promise<boolean>;
  /** Lists what waits on a channel, and how much that is. */
  queued(channel: string, limit: number): Promise<{ total: number; queued: Queued[] }>;
  /** Lists where notices were given up, the latest first. */
  failed(limit: number): Promise<FailedPair[]>;
}

/** How long an elevation that is over can still be looked up, in milliseconds. The audit trail keeps it for longer. */
export const keptAfterEndMs = 7 * dayMs;
