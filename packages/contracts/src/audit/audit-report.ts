import * as z from 'zod/mini';
import { auditQuerySchema } from './audit-query.ts';

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

/** The query of `POST /v1/elevations` of the audit service. `user` is the person who asked for an elevation. */
export const elevationReportQuerySchema = z.strictObject({
  user,
  cluster,
  since,
  until,
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000)), 1000),
});
export type ElevationReportQuery = z.infer<typeof elevationReportQuerySchema>;
