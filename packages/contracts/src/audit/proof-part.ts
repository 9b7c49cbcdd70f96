import * as z from 'zod/mini';
import { about } from '../text/about.ts';
import { alertKinds } from './alert-kinds.ts';

/** A SHA-256 in lowercase hexadecimal. */
const sha256Schema = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** The last event of a producer's chain that is covered. */
export const chainHeadSchema = z.object({
  producer: about('The producer of the chain.', z.string()),
  seq: about('The number of the event.', z.int().check(z.positive())),
  hash: about('The hash of the event.', sha256Schema),
  /**
   * The first event that this checkpoint attests and no earlier one did. All events from it to `seq` exist, and the hash
   * of the last one covers them.
   */
  from: about(
    'The first event that this checkpoint attests and no earlier one did. All events from it to `seq` exist.',
    z.optional(z.int().check(z.positive())),
  ),
  fromTime: about(
    'When the event `from` happened. It shows whether retention may have deleted it.',
    z.optional(z.string()),
  ),
  seqTime: about('When the event `seq` happened.', z.optional(z.string())),
  closed: about(
    'This event says that the producer ends. With a spool, the next process continues its chain.',
    z.optional(z.boolean()),
  ),
});
export type ChainHead = z.infer<typeof chainHeadSchema>;

/**
 * For `audit.checkpoint`. A producer that ends sends one with `closing` as its last event. The audit service sends
 * signed ones: the chain heads up to which the trail was complete, of all producers that had new events since the
 * previous checkpoint. They are signed with Ed25519 over the RFC 8785 form of this object without `signature`.
 */
export const checkpointSchema = z.object({
  closing: about('The producer ends: this is its last event.', z.optional(z.boolean())),
  number: about('Counts the checkpoints of one signing key, from 1.', z.optional(z.int().check(z.positive()))),
  time: about('When the checkpoint was signed.', z.optional(z.string())),
  heads: about('The last event of each chain that has new events.', z.optional(z.array(chainHeadSchema))),
  previous: about(
    'The SHA-256 of the RFC 8785 form of the previous checkpoint, signature included.',
    z.optional(sha256Schema),
  ),
  keyId: about('The RFC 7638 thumbprint of the public key.', z.optional(z.string())),
  signature: about(
    'The Ed25519 signature over the RFC 8785 form of the checkpoint without this member, in base64url.',
    z.optional(z.string()),
  ),
});
export type AuditCheckpoint = z.infer<typeof checkpointSchema>;

/** For `audit.gap`: events of a producer that are known to be lost, by their numbers, both inclusive. */
const gapSchema = z.object({
  producer: about('The producer of the lost events.', z.string()),
  from: about('The number of the first lost event.', z.int().check(z.positive())),
  to: about('The number of the last lost event.', z.int().check(z.positive())),
  reason: about('Why they are lost.', z.string()),
});

/**
 * For `audit.alert`: a request about which the cluster's own audit log and the trail disagree. Of several similar ones
 * (`count`) it is the first.
 */
const alertSchema = z.object({
  kind: about(
    'bypassed-gateway: a request that the gateway does not know. mismatched: a request that has an ID of the gateway and differs from what the gateway sent. unfinished: a read that the gateway sent, and of which it recorded no event, because it was killed. denied-by-cluster: the gateway allowed a request, and the cluster refused it. missing-in-cluster-log: the cluster has no event of a request that the gateway sent. New versions may add kinds.',
    z.enum(alertKinds),
  ),
  auditID: about('The auditID of the request.', z.string()),
  user: about("The user of the request, as the cluster's own event names them.", z.optional(z.string())),
  account: about('The account that sent the request to the cluster.', z.optional(z.string())),
  verb: about('The verb of the request.', z.optional(z.string())),
  resource: about(
    'What the request is about, as namespace/resource, with its API group and subresource.',
    z.optional(z.string()),
  ),
  requestURI: about('The target of the request.', z.optional(z.string())),
  code: about("The status code of the cluster's response.", z.optional(z.number())),
  reason: about('Why the cluster refused the request, in its own words.', z.optional(z.string())),
  differs: about(
    "For mismatched: in what the cluster's event differs from that of the gateway.",
    z.optional(z.array(z.string())),
  ),
  sourceIPs: about('The addresses from which the API server received the request.', z.optional(z.array(z.string()))),
  time: about(
    'When the API server received the request. If the cluster has no event of it: when the gateway did.',
    z.optional(z.string()),
  ),
  count: about(
    'How many similar requests the event stands for, which differ only in their time and their ID. Without it, one.',
    z.optional(z.int().check(z.positive())),
  ),
  firstTimestamp: about('When the first of them was received.', z.optional(z.string())),
  lastTimestamp: about('When the last of them was received.', z.optional(z.string())),
});

/**
 * For `audit.reservation`: audit IDs that a process will use for reads of a cluster. Only their hashes are public, so that
 * no one else can use one. See `reservedHash`.
 */
const reservationSchema = z.object({
  suffix: about(
    'The last eight characters of these IDs. The next reservation of the process for the cluster has the next number, in hexadecimal.',
    z.string().check(z.regex(/^[0-9a-f]{8}$/)),
  ),
  hashes: about(
    'Of each ID, the first 12 bytes of its SHA-256, in base64url, one after the other. Absent if the process ended in order: it uses no more IDs for this cluster, and has recorded every request.',
    z.optional(z.string().check(z.regex(/^(?:[\w-]{16})+$/))),
  ),
});

/**
 * The members that prove that the trail is complete. Every sink is one producer, which numbers its events from 1 without
 * gaps. `hash` is SHA-256 over the raw previous hash (32 zero bytes before the first event) and the RFC 8785 form of
 * `{ce_id, ce_time, ce_type, data}`, where `data` is the event without `hash`. Events of older versions have none of them
 * but `producer`.
 */
export const proofPartSchema = z.object({
  producer: about(
    'What wrote the event. Every process that writes events is one producer, whose events form one chain. Events of older versions have the name of the service.',
    z.string(),
  ),
  seq: about('The number of the event in its chain, from 1, without gaps.', z.optional(z.int().check(z.positive()))),
  prevHash: about("The hash of the producer's previous event; 64 zeros in its first.", z.optional(sha256Schema)),
  hash: about(
    'The SHA-256 of the raw previous hash, followed by the RFC 8785 form of {ce_id, ce_time, ce_type, data}, where data is this event without this member. In hexadecimal.',
    z.optional(sha256Schema),
  ),
  checkpoint: about('For audit.checkpoint: up to where the trail was complete.', z.optional(checkpointSchema)),
  gap: about('For audit.gap: events of a producer that are known to be lost.', z.optional(gapSchema)),
  reservation: about(
    'For audit.reservation: audit IDs that the gateway will use for reads of the cluster.',
    z.optional(reservationSchema),
  ),
  alert: about("For audit.alert: what a comparison with the cluster's own audit log found.", z.optional(alertSchema)),
});
