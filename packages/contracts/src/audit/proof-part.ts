import * as z from 'zod/mini';

/** A SHA-256 in lowercase hexadecimal. */
const sha256Schema = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** The last event of a producer's chain that is covered. */
export const chainHeadSchema = z.object({
  producer: z.string(),
  seq: z.int().check(z.positive()),
  hash: sha256Schema,
  /**
   * The first event that this checkpoint attests and no earlier one did. All events from it to `seq` exist, and the hash
   * of the last one covers them.
   */
  from: z.optional(z.int().check(z.positive())),
  /** When the events `from` and `seq` happened. They show whether retention may have deleted them. */
  fromTime: z.optional(z.string()),
  seqTime: z.optional(z.string()),
  /** The producer has ended, and this was its last event. */
  closed: z.optional(z.boolean()),
});
export type ChainHead = z.infer<typeof chainHeadSchema>;

/**
 * For `audit.checkpoint`. A producer that ends sends one with `closing` as its last event. The audit service sends
 * signed ones: the chain heads up to which the trail was complete, of all producers that had new events since the
 * previous checkpoint. They are signed with Ed25519 over the RFC 8785 form of this object without `signature`.
 */
export const checkpointSchema = z.object({
  closing: z.optional(z.boolean()),
  /** Counts the checkpoints of one signing key, from 1. */
  number: z.optional(z.int().check(z.positive())),
  time: z.optional(z.string()),
  heads: z.optional(z.array(chainHeadSchema)),
  /** The SHA-256 of the RFC 8785 form of the previous checkpoint, signature included. */
  previous: z.optional(sha256Schema),
  /** The RFC 7638 thumbprint of the public key. */
  keyId: z.optional(z.string()),
  /** In base64url. */
  signature: z.optional(z.string()),
});
export type AuditCheckpoint = z.infer<typeof checkpointSchema>;

/** For `audit.gap`: events of a producer that are known to be lost, by their numbers, both inclusive. */
const gapSchema = z.object({
  producer: z.string(),
  from: z.int().check(z.positive()),
  to: z.int().check(z.positive()),
  reason: z.string(),
});

/** What a comparison with the cluster's own audit log can find. */
export const alertKinds = ['bypassed-gateway', 'mismatched', 'denied-by-cluster', 'missing-in-cluster-log'] as const;

/**
 * For `audit.alert`: a request about which the cluster's own audit log and the trail disagree. Of several similar ones
 * (`count`) it is the first.
 */
const alertSchema = z.object({
  kind: z.enum(alertKinds),
  auditID: z.string(),
  user: z.optional(z.string()),
  /** The account that sent the request to the cluster. */
  account: z.optional(z.string()),
  verb: z.optional(z.string()),
  /** `namespace/resource`, with group and subresource. */
  resource: z.optional(z.string()),
  requestURI: z.optional(z.string()),
  code: z.optional(z.number()),
  /** Why the cluster refused it, in its own words. */
  reason: z.optional(z.string()),
  /** For `mismatched`: in what the cluster's event and ours differ. */
  differs: z.optional(z.array(z.string())),
  sourceIPs: z.optional(z.array(z.string())),
  /** When the API server received it, or for a missing one the gateway. */
  time: z.optional(z.string()),
  count: z.optional(z.int().check(z.positive())),
  firstTimestamp: z.optional(z.string()),
  lastTimestamp: z.optional(z.string()),
});

/**
 * The members that prove that the trail is complete. Every sink is one producer, which numbers its events from 1 without
 * gaps. `hash` is SHA-256 over the raw previous hash (32 zero bytes before the first event) and the RFC 8785 form of
 * `{ce_id, ce_time, ce_type, data}`, where `data` is the event without `hash`. Events of older versions have none of them
 * but `producer`.
 */
export const proofPartSchema = z.object({
  producer: z.string(),
  seq: z.optional(z.int().check(z.positive())),
  prevHash: z.optional(sha256Schema),
  hash: z.optional(sha256Schema),
  checkpoint: z.optional(checkpointSchema),
  gap: z.optional(gapSchema),
  alert: z.optional(alertSchema),
});
