import * as z from 'zod/mini';
import { auditRowSchema, auditViewSchema } from './answers.ts';

const nullable = z.optional(z.nullable(z.string()));

/** `GET /.sallyport/api/v1/audit/show`. */
export const shownRequestSchema = z.object({
  events: z.array(auditRowSchema),
  /** Older gateways have none. */
  attempts: z._default(z.array(auditRowSchema), []),
  /** Older gateways have none. */
  clusterEvents: z._default(
    z.array(z.object({ cluster: z.string(), event: z.looseObject({ stageTimestamp: z.string() }) })),
    [],
  ),
  session: z.array(auditRowSchema),
  elevation: z.array(auditRowSchema),
  matches: z.optional(z.array(auditRowSchema)),
  scope: nullable,
  view: z.optional(auditViewSchema),
});
export type ShownRequest = z.infer<typeof shownRequestSchema>;

/** `GET /.sallyport/api/v1/audit/report`. The rows have a text for each name in `by`. */
export const auditReportSchema = z.object({
  by: z.array(z.string()),
  since: nullable,
  until: nullable,
  rows: z.array(
    z.looseObject({
      requests: z.number(),
      refused: z.number(),
      failed: z.number(),
      first: z.string(),
      last: z.string(),
    }),
  ),
  groups: z.number(),
  requests: z.number(),
  refused: z.number(),
  failed: z.number(),
  scope: nullable,
  view: z.optional(auditViewSchema),
});
export type AuditReport = z.infer<typeof auditReportSchema>;
