import * as z from 'zod/mini';
import { auditQuerySchema, auditPageSchema, foundRecordSchema } from './audit-query.ts';
import { auditRecordSchema } from './audit-event.ts';

/**
 * The query of `GET /v1/show` of the audit service. `id` is an Audit-ID or the id of an event (`ce_id`), or the first
 * characters of one. With `cluster`, the caller's right to this cluster's trail is judged.
 */
export const showQuerySchema = z.strictObject({
  id: z.string().check(z.regex(/^[0-9a-f-]{4,36}$/, 'must be an Audit-ID or the id of an event: 4 to 36 characters')),
  cluster: auditQuerySchema.shape.cluster,
});

/** One request with what belongs to it, as far as the caller may see it. Events are in the order of their times. */
export const shownRequestSchema = z.object({
  /** The events of the request and of its stream. */
  events: z.array(foundRecordSchema),
  /** The end of the other attempt, if the client tried over WebSocket and then over SPDY. */
  attempts: z.array(foundRecordSchema),
  /** The cluster's own events of it, if the gateway receives them. */
  clusterEvents: z.array(z.object({ cluster: z.string(), event: z.record(z.string(), z.unknown()) })),
  /** The beginning of its session, and its end if it has ended. */
  session: z.array(auditRecordSchema),
  /** What happened to the elevation that it used. */
  elevation: z.array(auditRecordSchema),
  /** One event of each request whose id begins with the given characters, if there are several. */
  matches: z.optional(z.array(auditRecordSchema)),
  scope: auditPageSchema.shape.scope,
  view: auditPageSchema.shape.view,
});
export type ShownRequest = z.infer<typeof shownRequestSchema>;
