import * as z from 'zod/mini';
import { auditEventTypes } from './audit-event-types.ts';
import { auditStages } from './audit-event.ts';
import { auditResults } from './audit-result.ts';

/** Stores keep this much of a value for searching. */
const longestText = 500;

/** Text that a store can hold. Any other value would never be found. */
const textSchema = z.string().check(
  z.maxLength(longestText, `is longer than ${longestText} characters`),
  z.refine((text) => !text.includes('\0'), 'contains a NUL character'),
  z.refine((text) => text.isWellFormed(), 'is not well-formed Unicode'),
);

/** The first characters of a UUID, which is what the gateway identifies requests and sessions by. */
const idPrefixSchema = z
  .string()
  .check(z.regex(/^[0-9a-f-]{4,36}$/, 'must be 4 to 36 characters, each of them 0-9, a-f or -'));

/** RFC 3339 as PostgreSQL reads it: years begin with 1, and offsets are at most 15 hours. */
const momentSchema = z.iso.datetime({ offset: true }).check(
  z.maxLength(40, 'is too long for a time'),
  z.refine((text) => !text.startsWith('0000'), 'must not be in the year 0'),
  z.refine((text) => !/[+-](1[6-9]|2\d):\d\d$/.test(text), 'has an offset too far from UTC'),
);

/** The filters of `GET /v1/events` of the audit service. All of them must match. Times are RFC 3339. */
export const auditQuerySchema = z.strictObject({
  /** The id of an event (`ce_id`), or its first characters. */
  id: z.optional(textSchema),
  idPrefix: z.optional(idPrefixSchema),
  auditID: z.optional(textSchema),
  auditIDPrefix: z.optional(idPrefixSchema),
  user: z.optional(textSchema),
  /** A group of the user. */
  group: z.optional(textSchema),
  issuer: z.optional(textSchema),
  subject: z.optional(textSchema),
  session: z.optional(textSchema),
  sessionPrefix: z.optional(idPrefixSchema),
  cluster: z.optional(textSchema),
  namespace: z.optional(textSchema),
  resource: z.optional(textSchema),
  subresource: z.optional(textSchema),
  name: z.optional(textSchema),
  verb: z.optional(textSchema),
  type: z.optional(z.enum(auditEventTypes)),
  stage: z.optional(z.enum(auditStages)),
  effect: z.optional(z.enum(['allow', 'deny', 'authenticate'])),
  /** How a request ended. */
  result: z.optional(z.enum(auditResults)),
  /** The position or the name of the rule that decided. */
  rule: z.optional(textSchema),
  /** One of the reasons for the decision, or why a stream, a session or a login ended. */
  reason: z.optional(textSchema),
  /** The ID or the name of an elevation. */
  elevation: z.optional(textSchema),
  /** The ID or the name of an agent. */
  agent: z.optional(textSchema),
  /** The name of a workload. */
  workload: z.optional(textSchema),
  /** The address of the client. */
  address: z.optional(textSchema),
  /** Text in the command of an exec. Its words are separated by one space each. */
  command: z.optional(textSchema),
  code: z.optional(z.coerce.number().check(z.int(), z.minimum(0), z.maximum(999))),
  since: z.optional(momentSchema),
  until: z.optional(momentSchema),
  /** An opaque position: only events that were stored after it. */
  after: z.optional(textSchema),
  /**
   * `requests`: each request once, by its last event, or by its first if it has not ended. What a client tried twice,
   * over WebSocket and then over SPDY, is one request if both ended alike. Pages that follow each other show what was
   * known when the first of them was read.
   */
  view: z.optional(z.enum(['events', 'requests'])),
  /** `omit`: without the events that are routine (see `isRoutine`). */
  routine: z.optional(z.enum(['include', 'omit'])),
  order: z._default(z.enum(['newest', 'oldest']), 'newest'),
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000)), 100),
});
export type AuditQuery = z.infer<typeof auditQuerySchema>;

/**
 * The query of `GET /v1/show` of the audit service. `id` is an Audit-ID or the id of an event (`ce_id`), or the first
 * characters of one. With `cluster`, the caller's right to this cluster's trail is judged.
 */
export const showQuerySchema = z.strictObject({
  id: z.string().check(z.regex(/^[0-9a-f-]{4,36}$/, 'must be an Audit-ID or the id of an event: 4 to 36 characters')),
  cluster: auditQuerySchema.shape.cluster,
});

/** What a report can count by. `day` is the date in UTC. */
export const reportDimensions = ['user', 'cluster', 'resource', 'verb', 'day'] as const;
export type ReportDimension = (typeof reportDimensions)[number];

const { user, cluster, resource, verb, since, until } = auditQuerySchema.shape;

/** A list of some of these names, with commas, each of them once. */
function someOf<Name extends string>(names: readonly Name[], usual: Name[]) {
  const isName = (name: string): name is Name => (names as readonly string[]).includes(name);
  return z._default(
    z.pipe(
      z
        .pipe(
          z.string().check(z.maxLength(200)),
          z.transform((text) => text.split(',')),
        )
        .check(
          z.refine((some) => some.every(isName), `must be some of ${names.join(', ')}, with commas`),
          z.refine((some) => new Set(some).size === some.length, 'names something twice'),
        ),
      z.transform((some) => some.filter(isName)),
    ),
    usual,
  );
}

/** The query of `POST /v1/report` of the audit service. `by` is a list with commas. All filters must match. */
export const reportQuerySchema = z.strictObject({
  by: someOf(reportDimensions, ['user', 'cluster', 'resource', 'verb']),
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

/**
 * The query of `POST /v1/what-if` of the audit service. Requests to the cluster are evaluated by the proposed policy. The
 * default period is the 24 hours before `until`.
 */
export const whatIfQuerySchema = z.strictObject({ cluster: textSchema, since, until });

const yamlText = z.string().check(z.minLength(1), z.maxLength(256 * 1024));

/** The body of `POST <api>/policy/what-if`: a policy in YAML, in place of all those of the cluster. */
export const whatIfRequestSchema = z.strictObject({
  policy: yamlText,
  /** Test cases for the policy: a file for `sallyport policy test`, which need not name a policy. */
  tests: z.optional(yamlText),
});

/** The query of `POST /v1/elevations` of the audit service. `user` is the person who asked for an elevation. */
export const elevationReportQuerySchema = z.strictObject({
  user,
  cluster,
  since,
  until,
  limit: z._default(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000)), 1000),
});
export type ElevationReportQuery = z.infer<typeof elevationReportQuerySchema>;

const { after: _after, order: _order, limit: _limit, ...filters } = auditQuerySchema.shape;
/** What an event must be, without where a page begins and how long it is. */
export type AuditFilters = Omit<AuditQuery, 'after' | 'order' | 'limit'>;

/** What a summary can list the most frequent values of. Each is the filter that finds a value. */
export const summaryFacets = [
  'user',
  'cluster',
  'namespace',
  'resource',
  'subresource',
  'verb',
  'code',
  'effect',
  'rule',
  'reason',
  'type',
  'address',
] as const;
export type SummaryFacet = (typeof summaryFacets)[number];

/**
 * The query of `POST /v1/summary` of the audit service: all filters of events, the maximum number of buckets, and the
 * facets as a list with commas. The default period is the 24 hours before `until`.
 */
export const auditSummaryQuerySchema = z.strictObject({
  ...filters,
  buckets: z._default(z.coerce.number().check(z.int(), z.minimum(2), z.maximum(200)), 60),
  facets: someOf(summaryFacets, ['user', 'cluster', 'namespace', 'resource', 'verb', 'code', 'effect']),
});
export type AuditSummaryQuery = z.infer<typeof auditSummaryQuerySchema>;
