import * as z from 'zod/mini';
import { auditPageSchema, auditQuerySchema } from './audit-query.ts';

const { user, cluster, since, until } = auditQuerySchema.shape;

/** The query of `POST /v1/elevations` of the audit service. `user` is the person who asked for an elevation. */
export const elevationReportQuerySchema = z.strictObject({
  user,
  cluster,
  since,
  until,
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000)), 1000),
});
export type ElevationReportQuery = z.infer<typeof elevationReportQuerySchema>;

const counts = {
  /** Requests under the elevation that have ended, in the period. */
  requests: z.number(),
  /** Those that the gateway refused. */
  refused: z.number(),
  /** Those that the gateway allowed and that ended with a status of 400 or more. */
  failed: z.number(),
  /** Streams that were opened, such as exec. */
  streams: z.number(),
};

/** What was done under one elevation: the verb and the resource, with its subresource after a slash. */
const useSchema = z.object({ verb: z.string(), resource: z.string(), ...counts });

/** A step: the type of its event without `elevation.`, who took it (absent: the gateway), and what they said. */
const stepSchema = z.object({
  type: z.string(),
  at: z.string(),
  user: z.optional(z.string()),
  detail: z.optional(z.string()),
});

/** One elevation, as far as its events are stored and the reader may see them. */
export const reportedElevationSchema = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  namespace: z.optional(z.string()),
  /** Who asked for it. */
  user: z.string(),
  groups: z.array(z.string()),
  reason: z.optional(z.string()),
  ticket: z.optional(z.string()),
  approvers: z.array(z.string()),
  /** It began, and no one approved it. */
  breakGlass: z.boolean(),
  /** By when it must be reviewed, and the verdict. */
  review: z.optional(z.object({ dueAt: z.optional(z.string()), verdict: z.optional(z.string()) })),
  /** When the person had it. Without `until` it was active at the end of the period. */
  from: z.optional(z.string()),
  until: z.optional(z.string()),
  expiresAt: z.optional(z.string()),
  steps: z.array(stepSchema),
  ...counts,
  uses: z.array(useSchema),
});
export type ReportedElevation = z.infer<typeof reportedElevationSchema>;

/** The elevations of a period, the latest first. `omitted` counts those that did not fit. */
export const elevationReportSchema = z.object({
  since: z.string(),
  until: z.string(),
  elevations: z.array(reportedElevationSchema),
  omitted: z.number(),
  scope: auditPageSchema.shape.scope,
  view: auditPageSchema.shape.view,
});
export type ElevationReport = z.infer<typeof elevationReportSchema>;
