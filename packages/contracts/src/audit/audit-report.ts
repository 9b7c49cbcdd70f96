import * as z from 'zod/mini';
import { auditPageSchema, auditQuerySchema } from './audit-query.ts';

/** What a report can count by. `day` is the date in UTC. */
export const reportDimensions = ['user', 'cluster', 'resource', 'verb', 'day'] as const;
export type ReportDimension = (typeof reportDimensions)[number];

const { user, cluster, resource, verb, since, until } = auditQuerySchema.shape;
const isDimension = (name: string): name is ReportDimension => (reportDimensions as readonly string[]).includes(name);

/** The query of `POST /v1/report` of the audit service. `by` is a list with commas. All filters must match. */
export const reportQuerySchema = z.strictObject({
  by: z._default(
    z.pipe(
      z
        .pipe(
          z.string().check(z.maxLength(100)),
          z.transform((text) => text.split(',')),
        )
        .check(
          z.refine((names) => names.every(isDimension), `must be some of ${reportDimensions.join(', ')}, with commas`),
          z.refine((names) => new Set(names).size === names.length, 'names something twice'),
        ),
      z.transform((names) => names.filter(isDimension)),
    ),
    ['user', 'cluster', 'resource', 'verb'],
  ),
  user,
  cluster,
  /** The resource, with its subresource after a slash, such as `pods/exec`. */
  resource,
  verb,
  since,
  until,
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(10_000)), 100),
});
export type ReportQuery = z.infer<typeof reportQuerySchema>;

const counts = {
  /** Requests that have ended. */
  requests: z.number(),
  /** Those that the gateway refused. */
  refused: z.number(),
  /** Those that the gateway allowed and that ended with a status of 400 or more. */
  failed: z.number(),
};

/**
 * The requests to clusters of a period, counted: the groups with most requests first. `since` and `until` are the whole
 * hours that were counted. `groups` is the number of all groups; `rows` has at most `limit` of them.
 */
export const auditReportSchema = z.object({
  by: z.array(z.enum(reportDimensions)),
  since: z.optional(z.string()),
  until: z.optional(z.string()),
  rows: z.array(
    z.object({
      user: z.optional(z.string()),
      cluster: z.optional(z.string()),
      resource: z.optional(z.string()),
      verb: z.optional(z.string()),
      day: z.optional(z.string()),
      ...counts,
      /** When the first and the last of them ended. */
      first: z.string(),
      last: z.string(),
    }),
  ),
  groups: z.number(),
  ...counts,
  scope: auditPageSchema.shape.scope,
  view: auditPageSchema.shape.view,
});
export type AuditReport = z.infer<typeof auditReportSchema>;
