import { z } from 'zod';
import { auditPageSchema, auditQuerySchema } from './audit-query.ts';

const { user, cluster, since, until } = auditQuerySchema.shape;

/** The query of `POST /v1/elevations` of the audit service. `user` is the person who asked for an elevation. */
export const elevationReportQuerySchema = z
  .object({
    user,
    cluster,
    since,
    until,
    limit: z.coerce.number().int().min(1).max(1000).default(1000),
  })
  .strict();
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
  user: z.string().optional(),
  detail: z.string().optional(),
});

/** One elevation, as far as its events are stored and the reader may see them. */
export const reportedElevationSchema = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  namespace: z.string().optional(),
  /** Who asked for it. */
  user: z.string(),
  groups: z.array(z.string()),
  reason: z.string().optional(),
  ticket: z.string().optional(),
  approvers: z.array(z.string()),
  /** It began, and no one approved it. */
  breakGlass: z.boolean(),
  /** By when it must be reviewed, and the verdict. */
  review: z.object({ dueAt: z.string().optional(), verdict: z.string().optional() }).optional(),
  /** When the person had it. Without `until` it was active at the end of the period. */
  from: z.string().optional(),
  until: z.string().optional(),
  expiresAt: z.string().optional(),
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
