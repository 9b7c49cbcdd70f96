import { z } from 'zod';
import { auditPageSchema, auditQuerySchema } from './audit-query.ts';

/** What a report can count by. `day` is the date in UTC. */
export const reportDimensions = ['user', 'cluster', 'resource', 'verb', 'day'] as const;
export type ReportDimension = (typeof reportDimensions)[number];

const { user, cluster, resource, verb, since, until } = auditQuerySchema.shape;
const isDimension = (name: string): name is ReportDimension => (reportDimensions as readonly string[]).includes(name);

/** The query of `POST /v1/report` of the audit service. `by` is a list with commas. All filters must match. */
export const reportQuerySchema = z
  .object({
    by: z
      .string()
      .max(100)
      .transform((text) => text.split(','))
      .refine((names) => names.every(isDimension), `must be some of ${reportDimensions.join(', ')}, with commas`)
      .refine((names) => new Set(names).size === names.length, 'names something twice')
      .transform((names) => names.filter(isDimension))
      .default(['user', 'cluster', 'resource', 'verb']),
    user,
    cluster,
    /** The resource, with its subresource after a slash, such as `pods/exec`. */
    resource,
    verb,
    since,
    until,
    limit: z.coerce.number().int().min(1).max(10_000).default(100),
  })
  .strict();
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
  since: z.string().optional(),
  until: z.string().optional(),
  rows: z.array(
    z.object({
      user: z.string().optional(),
      cluster: z.string().optional(),
      resource: z.string().optional(),
      verb: z.string().optional(),
      day: z.string().optional(),
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
