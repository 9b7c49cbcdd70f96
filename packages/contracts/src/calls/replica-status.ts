import { z } from 'zod';

/** One fault of a configuration: its place and a message, never a value of the configuration. */
export const configFaultSchema = z.object({
  path: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  code: z.string().optional(),
  suggestion: z.string().optional(),
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
});

/** The services whose replicas report which policy they run. */
export const reportingServices = ['authorize', 'proxy'] as const;

/** What a replica knows of one on-call list. Times are milliseconds since the epoch. */
export const onCallStatusSchema = z.object({
  name: z.string().max(63),
  /** Whether it counts. If not, no one counts as on call in an allow rule, and anyone may be in a deny rule. */
  known: z.boolean(),
  users: z.number(),
  /** When it was read; absent if it never was. */
  at: z.number().optional(),
  /** Set while it cannot be read. `at` is when that began. */
  failing: z.object({ at: z.number(), reason: z.string().max(300) }).optional(),
});
export type OnCallStatus = z.infer<typeof onCallStatusSchema>;

/** The report of one replica about its configuration. Times are milliseconds since the epoch. */
export const replicaStatusSchema = z.object({
  service: z.enum(reportingServices),
  /** Its name in audit events (`producer`). */
  id: z.string().min(1).max(200),
  host: z.string().max(300),
  /** The policy in force; `unknown` if the replica has not read one yet. */
  version: z.string().max(100),
  since: z.number(),
  startedAt: z.number(),
  /** Set if the file on disk is refused. */
  rejected: z.object({ at: z.number(), faults: z.array(configFaultSchema).max(100) }).optional(),
  /** Set while the file on disk is valid but cannot take effect yet. `at` is when that began. */
  waiting: z.object({ at: z.number(), version: z.string().max(100), reason: z.string().max(300) }).optional(),
  /** The warnings about the policies in force. */
  warnings: z.array(configFaultSchema).max(100).optional(),
  /** The on-call lists; absent for a service that reads none. */
  onCall: z.array(onCallStatusSchema).max(50).optional(),
  /** Changed settings that need a restart. */
  restartNeeded: z.array(z.string()).max(100),
});
export type ReplicaStatus = z.infer<typeof replicaStatusSchema>;

/** The response to `GET /v1/policy/status`: every replica that has reported recently. */
export const policyStatusSchema = z.object({ replicas: z.array(replicaStatusSchema) });
export type PolicyStatus = z.infer<typeof policyStatusSchema>;

/** `POST /v1/replicas` of authorize: a replica reports its status, or that it is shutting down. */
export const replicaReportSchema = z.union([
  z.strictObject({ replica: replicaStatusSchema }),
  z.strictObject({ gone: z.string().min(1).max(200) }),
]);
