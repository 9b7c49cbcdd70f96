import type { AuditCheckpoint, ChainHead } from '@sallyport/contracts';
import type { CarriedTrail, SignedCheckpoint } from '@sallyport/audit-proof';

/**
 * Events of a producer that did not arrive, although later ones did. `follows` is false if they are there but do not
 * continue its chain.
 */
export type OpenGap = { producer: string; from: number; to: number; prevHash: string; isBroken: boolean };

/** The head of a chain. `closed` is set if its event says that the producer ends. */
export type UnattestedHead = Required<Pick<ChainHead, 'producer' | 'seq' | 'hash' | 'from'>> &
  Pick<ChainHead, 'closed'>;

/** A checkpoint in the store. */
export type StoredCheckpoint = { checkpoint: SignedCheckpoint; hash: string };

/**
 * How far the trail is complete, and its checkpoints, for all replicas of the audit service. Every method rejects with
 * `service-unavailable` while the database is down.
 */
export interface ProofStore {
  /** Returns whether there are neither heads nor checkpoints yet. */
  isNew(): Promise<boolean>;
  /** Goes on with the checkpoints and the chains of a trail from elsewhere. */
  continueFrom(carried: CarriedTrail): Promise<void>;
  /** Returns the checkpoints in stored events, from a time on (RFC 3339) or from the beginning: the last 20,000. None is verified. */
  publishedSince(time: string | undefined): Promise<AuditCheckpoint[]>;
  /** Moves the heads of these producers up to the last event whose predecessors are all stored. */
  advance(producers: readonly string[]): Promise<void>;
  /** Returns the producers of which events were stored since `since` (milliseconds since the epoch). */
  producersSince(since: number): Promise<string[]>;
  /** Returns the gaps that have been open since `before`, and claims them, so that another replica does not report them. */
  claimGaps(before: number, now: number): Promise<OpenGap[]>;
  /** Continues the chain of a producer after a gap. */
  closeGap(gap: OpenGap): Promise<void>;
  /** Returns the heads with events that no checkpoint attests, at most `limit`. */
  unattested(limit: number): Promise<UnattestedHead[]>;
  /** Returns the last checkpoint, and the number of the last one of a key. */
  latest(keyId: string): Promise<{ last: StoredCheckpoint | undefined; number: number }>;
  /** Stores a checkpoint. Returns false if another replica was faster. */
  addCheckpoint(stored: StoredCheckpoint, now: number): Promise<boolean>;
  /** Notes that an event of the trail contains this checkpoint. */
  markPublished(keyId: string, number: number): Promise<void>;
  markAnchored(hashes: readonly string[]): Promise<void>;
  /** Returns checkpoints that no replica has published since `before`, and claims them. */
  claimUnpublished(before: number, now: number): Promise<StoredCheckpoint[]>;
  /** Returns checkpoints that are not yet in the second place, in their order. */
  unanchored(limit: number): Promise<StoredCheckpoint[]>;
  /** Deletes checkpoints from before a time, but never the last one. */
  forget(before: number): Promise<void>;
}
