import { z } from 'zod';

/** One thing wrong with a configuration: where, and what; never a value. */
export const configFaultSchema = z.object({
  path: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  file: z.string().optional(),
  line: z.number().optional(),
  column: z.number().optional(),
});

/** Services of which every replica says which policy it runs. */
export const reportingServices = ['authorize', 'proxy'] as const;

/** What one replica says of its configuration. Times are milliseconds since the epoch. */
export const replicaStatusSchema = z.object({
  service: z.enum(reportingServices),
  /** Its name in audit events (`producer`). */
  id: z.string().min(1).max(200),
  host: z.string().max(300),
  /** The policy in force; `unknown` where it has none that it could read. */
  version: z.string().max(100),
  since: z.number(),
  startedAt: z.number(),
  /** The file on disk is refused. */
  rejected: z.object({ at: z.number(), faults: z.array(configFaultSchema).max(100) }).optional(),
  /** What is doubtful about the policies in force. */
  warnings: z.array(configFaultSchema).max(100).optional(),
  /** Changed settings that only a restart takes into use. */
  restartNeeded: z.array(z.string()).max(100),
});
export type ReplicaStatus = z.infer<typeof replicaStatusSchema>;

/** The response to `GET /v1/policy/status`: every replica that has reported lately. */
export const policyStatusSchema = z.object({ replicas: z.array(replicaStatusSchema) });
export type PolicyStatus = z.infer<typeof policyStatusSchema>;

/** `POST /v1/replicas` of authorize: a replica reports, or says that it is leaving. */
export const replicaReportSchema = z.union([
  z.strictObject({ replica: replicaStatusSchema }),
  z.strictObject({ gone: z.string().min(1).max(200) }),
]);
