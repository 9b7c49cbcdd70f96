import * as z from 'zod/mini';
import { configFaultSchema } from '../policy/config-fault.ts';

/** The services whose replicas report which policy they run. */
export const reportingServices = ['authorize', 'proxy'] as const;

/** What a replica knows of one on-call list. Times are milliseconds since the epoch. */
export const onCallStatusSchema = z.object({
  name: z.string().check(z.maxLength(63)),
  /** Whether it counts. If not, no one counts as on call in an allow rule, and anyone may be in a deny rule. */
  known: z.boolean(),
  users: z.number(),
  /** When it was read; absent if it never was. */
  at: z.optional(z.number()),
  /** Set while it cannot be read. `at` is when that began. */
  failing: z.optional(z.object({ at: z.number(), reason: z.string().check(z.maxLength(300)) })),
});
export type OnCallStatus = z.infer<typeof onCallStatusSchema>;

/** A connection of a connector to one replica of the proxy. Times are milliseconds since the epoch. */
export const carrierStatusSchema = z.object({
  connector: z.string().check(z.maxLength(63)),
  id: z.string().check(z.maxLength(36)),
  since: z.number(),
  /** Of the connector. */
  version: z.string().check(z.maxLength(100)),
  /** When something was last received. */
  seen: z.number(),
  roundTripMs: z.optional(z.number()),
  streams: z.number(),
});
export type CarrierStatus = z.infer<typeof carrierStatusSchema>;

/** The report of one replica about its configuration. Times are milliseconds since the epoch. */
export const replicaStatusSchema = z.object({
  service: z.enum(reportingServices),
  /** Its name in audit events (`producer`). */
  id: z.string().check(z.minLength(1), z.maxLength(200)),
  host: z.string().check(z.maxLength(300)),
  /** The policy in force; `unknown` if the replica has not read one yet. */
  version: z.string().check(z.maxLength(100)),
  since: z.number(),
  startedAt: z.number(),
  /** Set if the file on disk is refused. */
  rejected: z.optional(z.object({ at: z.number(), faults: z.array(configFaultSchema).check(z.maxLength(100)) })),
  /** Set while the file on disk is valid but cannot take effect yet. `at` is when that began. */
  waiting: z.optional(
    z.object({
      at: z.number(),
      version: z.string().check(z.maxLength(100)),
      reason: z.string().check(z.maxLength(300)),
    }),
  ),
  /** The warnings about the policies in force. */
  warnings: z.optional(z.array(configFaultSchema).check(z.maxLength(100))),
  /** The on-call lists; absent for a service that reads none. */
  onCall: z.optional(z.array(onCallStatusSchema).check(z.maxLength(50))),
  /** Of a proxy: the connections of connectors to it. */
  carriers: z.optional(z.array(carrierStatusSchema).check(z.maxLength(20_000))),
  /** Of a proxy: where other replicas hand it dials, as host and port. Absent if it takes none. */
  peerAddress: z.optional(z.string().check(z.maxLength(300))),
  /** Changed settings that need a restart. */
  restartNeeded: z.array(z.string()).check(z.maxLength(100)),
});
export type ReplicaStatus = z.infer<typeof replicaStatusSchema>;

/** The response to `GET /v1/policy/status`: every replica that has reported recently. */
export type PolicyStatus = { replicas: ReplicaStatus[] };

/** `POST /v1/replicas` of authorize: a replica reports its status, or that it is shutting down. */
export const replicaReportSchema = z.union([
  z.strictObject({ replica: replicaStatusSchema }),
  z.strictObject({ gone: z.string().check(z.minLength(1), z.maxLength(200)) }),
]);
