import * as z from 'zod/mini';
import { configFaultSchema } from '../policy/config-fault.ts';
import type { AuditRecord } from '../audit/audit-event.ts';
import type { AuditResult } from '../audit/audit-result.ts';
import type { ElevationState } from '../elevation/elevation.ts';
import { optionalText, wordOf } from './parts.ts';

/** An event as it is displayed. The schema names only what lists need, and keeps the rest. */
export const auditRowSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  time: z.string(),
  data: z.looseObject({}),
  /** How a request ended. Older gateways do not say. */
  result: optionalText,
  /** The Audit-ID of the attempt over WebSocket that the client repeated by this request. */
  retryOf: optionalText,
});
export type AuditRow = z.infer<typeof auditRowSchema>;

/**
 * Whose events were read. `own`: only those of the caller. `clusters`: those that `view` names in addition. `all`: those
 * of everybody.
 */
const seen = {
  scope: z.nullish(wordOf<'own' | 'clusters' | 'all'>()),
  view: z.optional(z.object({ clusters: z.array(z.string()), withoutCluster: z.boolean() })),
};

/**
 * `GET <api>/audit`. `next` is the position after this page, in the requested order; absent on the last page. `latest` is
 * the newest position, for tailing.
 */
export const auditPageSchema = z.object({
  events: z.array(auditRowSchema),
  next: optionalText,
  latest: optionalText,
  ...seen,
});
export type AuditRows = z.infer<typeof auditPageSchema>;

/** An event that was found, and what is known from it: how a request ended, and the Audit-ID of the attempt it repeats. */
export type FoundRecord = AuditRecord & { result?: AuditResult; retryOf?: string };

/** The same page as the audit service writes it. */
export type AuditPage = Omit<AuditRows, 'events' | 'next' | 'latest'> & {
  events: FoundRecord[];
  next?: string;
  latest?: string;
};

/** The first and the last line of `GET <api>/audit/export`. */
export const exportNoteSchema = z.object({
  export: z.object({
    complete: z.optional(z.boolean()),
    filtered: z.optional(z.boolean()),
    events: z.optional(z.number()),
    aggregated: z.optional(z.number()),
    scope: z.optional(z.string()),
    view: seen.view,
  }),
});
export type ExportNote = z.infer<typeof exportNoteSchema>['export'];

/**
 * `GET <api>/audit/show`: one request with what belongs to it, as far as the caller may see it. Events are in the order of
 * their times.
 */
export const shownRequestSchema = z.object({
  /** The events of the request and of its stream. */
  events: z.array(auditRowSchema),
  /** The end of the other attempt, if the client tried over WebSocket and then over SPDY. Older gateways have none. */
  attempts: z._default(z.array(auditRowSchema), []),
  /** The cluster's own events of it, if the gateway receives them. Older gateways have none. */
  clusterEvents: z._default(
    z.array(z.object({ cluster: z.string(), event: z.looseObject({ stageTimestamp: z.string() }) })),
    [],
  ),
  /** The beginning of its session, and its end if it has ended. */
  session: z.array(auditRowSchema),
  /** What happened to the elevation that it used. */
  elevation: z.array(auditRowSchema),
  /** One event of each request whose id begins with the given characters, if there are several. */
  matches: z.optional(z.array(auditRowSchema)),
  ...seen,
});
export type ShownRequest = z.infer<typeof shownRequestSchema>;

const counts = {
  /** Requests that have ended, under an elevation if the report is about elevations. */
  requests: z.number(),
  /** Those that the gateway refused. */
  refused: z.number(),
  /** Those that the gateway allowed and that ended with a status of 400 or more. */
  failed: z.number(),
};

/**
 * `GET <api>/audit/report`: the requests to clusters of a period, counted, the groups with most requests first. The rows
 * have a text for each name in `by`. `since` and `until` are the whole hours that were counted. `groups` is the number of
 * all groups.
 */
export const auditReportSchema = z.object({
  by: z.array(z.string()),
  since: optionalText,
  until: optionalText,
  rows: z.array(
    z.looseObject({
      ...counts,
      /** When the first and the last of them ended. */
      first: z.string(),
      last: z.string(),
    }),
  ),
  groups: z.number(),
  ...counts,
  ...seen,
});
export type AuditReport = z.infer<typeof auditReportSchema>;

/** Results are those of requests; `none` counts events that are not the end of a request. */
const bucketSchema = z.object({ time: z.string(), events: z.number(), results: z.record(z.string(), z.number()) });

const counted = z.object({
  /** The most frequent values, at most 20. Each is found by the filter with the name of the facet. */
  values: z.array(z.object({ value: z.string(), events: z.number() })),
  /** The events with a value that is not listed. */
  others: z.number(),
});

/**
 * `GET <api>/audit/summary`: the events that meet every condition, counted by time and by what they are about. Buckets
 * without events are left out. If there is more than can be counted in time, the counts are those from `countedFrom` on.
 */
export const auditSummarySchema = z.object({
  since: z.string(),
  until: z.string(),
  /** The length of a bucket, in milliseconds. Buckets begin at its multiples since the epoch. */
  step: z.number(),
  events: z.number(),
  countedFrom: optionalText,
  /**
   * What is known of the time before `countedFrom`, if the query is one of requests, by user, cluster and verb alone, with
   * buckets of whole hours: the requests to clusters, of which those that the cluster denied count as failed.
   */
  earlier: z.optional(z.object({ since: z.string(), until: z.string(), buckets: z.array(bucketSchema) })),
  /** The oldest first. */
  buckets: z.array(bucketSchema),
  facets: z.record(z.string(), counted),
  ...seen,
});
export type AuditSummary = z.infer<typeof auditSummarySchema>;

const text = z.optional(z.string());
const ofElevation = {
  ...counts,
  /** Streams that were opened, such as exec. */
  streams: z.number(),
};

/** One elevation, as far as its events are stored and the reader may see them. */
const reportedElevationSchema = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  namespace: text,
  /** Who asked for it. */
  user: z.string(),
  groups: z.array(z.string()),
  reason: text,
  ticket: text,
  approvers: z.array(z.string()),
  /** It began, and no one approved it. */
  breakGlass: z.boolean(),
  /** By when it must be reviewed, and the verdict. */
  review: z.optional(z.object({ dueAt: text, verdict: text })),
  /**
   * How it was at the end of the period, or how it had ended by then. `unknown` if the reader may not see what happened to
   * it last. Older gateways do not say.
   */
  state: z.optional(wordOf<ElevationState | 'unknown'>()),
  /** When the person had it. Without `until` it was active at the end of the period, unless `state` is `unknown`. */
  from: text,
  until: text,
  expiresAt: text,
  /** The type of a step is that of its event without `elevation.`. Without a user, the gateway took it. */
  steps: z.array(z.object({ type: z.string(), at: z.string(), user: text, detail: text })),
  ...ofElevation,
  /** What was done: the verb and the resource, with its subresource after a slash. */
  uses: z.array(z.object({ verb: z.string(), resource: z.string(), ...ofElevation })),
});
export type ReportedElevation = z.infer<typeof reportedElevationSchema>;

/** `GET <api>/audit/elevations`: those of a period, the latest first. `omitted` counts those that did not fit. */
export const elevationReportSchema = z.object({
  since: z.string(),
  until: z.string(),
  elevations: z.array(reportedElevationSchema),
  omitted: z.number(),
  ...seen,
});
export type ElevationReport = z.infer<typeof elevationReportSchema>;

const replayedRequestSchema = z.object({
  user: z.string(),
  verb: z.string(),
  cluster: z.string(),
  resource: z.string(),
  namespace: z.string(),
  name: z.string(),
  time: z.string(),
  auditID: z.string(),
});
/** Requests that would be decided otherwise: by the rule that would decide, and the one that did. */
const replayedChangesSchema = z.object({
  requests: z.number(),
  people: z.number(),
  byRule: z.array(
    z.object({
      rule: z.string(),
      before: z.string(),
      requests: z.number(),
      people: z.array(z.object({ name: z.string(), count: z.number() })),
      /** The requests of people who are not listed. */
      otherPeople: z.number(),
      examples: z.array(replayedRequestSchema),
    }),
  ),
  /** The requests by rules that are not listed. */
  otherRules: z.number(),
});

/** A test case of a policy: what came of it, and for a failed one why. Long texts are cut. */
const policyCaseSchema = z.object({
  name: z.string(),
  /** Its line in the text of the cases. */
  line: z.number(),
  passed: z.boolean(),
  got: z.object({ effect: z.string(), rule: z.string(), ruleName: z.optional(z.string()) }),
  /** What was not as expected: the effect, the rule or the reasons. */
  differences: z.array(z.object({ what: z.string(), expected: z.string(), got: z.string() })),
  /** Which rules hold or do not, and by which criteria. */
  because: z.array(z.string()),
});
export type PolicyCaseAnswer = z.infer<typeof policyCaseSchema>;

/**
 * `POST <api>/policy/what-if`: what a policy would have decided about the requests of a period, the newest first. If time
 * ran out, `countedFrom` is the time of the last one that was evaluated.
 */
export const whatIfSchema = z.object({
  /** The events that were read. */
  events: z.number(),
  evaluated: z.number(),
  since: optionalText,
  until: optionalText,
  countedFrom: optionalText,
  /** What is doubtful about the policy. */
  warnings: z._default(z.array(configFaultSchema), []),
  /** What came of the test cases, in their order, if there are any. Older gateways refuse them. */
  tests: z.optional(z.array(policyCaseSchema)),
  unchanged: z.object({ allowed: z.number(), refused: z.number() }),
  lost: replayedChangesSchema,
  gained: replayedChangesSchema,
  /** Requests about which the decision depends on what their events do not have. */
  inconclusive: z.object({
    requests: z.number(),
    byCriterion: z.array(
      z.object({
        criterion: z.string(),
        missing: z.array(z.string()),
        requests: z.number(),
        examples: z.array(replayedRequestSchema),
      }),
    ),
  }),
  /** The events that were not evaluated, by reason. */
  skipped: z.record(z.string(), z.number()),
  repeatsMayBeMissed: z.boolean(),
});
export type WhatIf = z.infer<typeof whatIfSchema>;

/**
 * `GET <api>/audit/keys`: a JWKS (RFC 7517, RFC 8037) of the public keys that sign checkpoints. The first key is the one
 * in use. Each `kid` is the RFC 7638 thumbprint of its key.
 */
export const auditKeysSchema = z.object({
  keys: z.array(
    z.object({ kty: z.string(), crv: z.string(), x: z.string(), kid: z.string(), alg: z.string(), use: z.string() }),
  ),
});
export type AuditKeys = z.infer<typeof auditKeysSchema>;
