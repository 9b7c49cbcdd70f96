import * as z from 'zod/mini';
import { decisionSchema } from '../policy/decision.ts';
import { checkedRequestSchema, credentialSchema } from './check-call.ts';

/**
 * Which events a caller may see in addition to their own: all, or those of some clusters. Events without a cluster, such
 * as logins and changes of policy, are in no cluster's trail.
 */
export const auditViewSchema = z.union([
  z.literal('all'),
  z.object({
    clusters: z.array(z.string().check(z.maxLength(500))).check(z.maxLength(10_000)),
    withoutCluster: z.boolean(),
  }),
]);
export type AuditView = z.infer<typeof auditViewSchema>;

/** `POST /v1/audit-view`: which events may the holder of this credential see? With `cluster`, only it is evaluated. */
export const auditViewRequestSchema = z.object({
  credential: credentialSchema,
  request: checkedRequestSchema,
  cluster: z.optional(z.string().check(z.maxLength(500))),
});
export type AuditViewRequest = z.infer<typeof auditViewRequestSchema>;

/** `decision` is the one that lets the caller see more than their own events; absent if none does. */
export const auditViewResponseSchema = z.object({ view: auditViewSchema, decision: z.optional(decisionSchema) });
export type AuditViewResponse = z.infer<typeof auditViewResponseSchema>;
