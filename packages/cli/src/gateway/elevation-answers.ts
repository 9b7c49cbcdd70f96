import * as z from 'zod/mini';
import { auditViewSchema } from './answers.ts';

const time = z.number();
const person = z.object({ user: z.string(), at: time, sets: z.optional(z.array(z.string())) });
const approverSet = { name: z.string(), approvals: z.number() };

const elevationSchema = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  namespace: z.optional(z.string()),
  groups: z.array(z.string()),
  // A newer gateway may have more states. They are shown as they are.
  state: z.string(),
  user: z.string(),
  mine: z.boolean(),
  reason: z.optional(z.string()),
  ticket: z.optional(z.string()),
  durationMs: z.number(),
  createdAt: time,
  pendingUntil: time,
  startsAt: z.optional(time),
  activeFrom: z.optional(time),
  expiresAt: z.optional(time),
  extends: z.optional(z.string()),
  approvalsNeeded: z.number(),
  approvals: z.array(person),
  approverSets: z.optional(z.array(z.object({ ...approverSet, lacks: z.number() }))),
  ended: z.optional(z.object({ at: time, user: z.optional(z.string()), detail: z.optional(z.string()) })),
  unrecorded: z.boolean(),
  // A gateway of an earlier version has neither.
  breakGlass: z.optional(z.boolean()),
  review: z.optional(
    z.object({
      groups: z.optional(z.array(z.string())),
      dueAt: z.optional(time),
      overdue: z.boolean(),
      done: z.optional(z.object({ user: z.string(), at: time, verdict: z.string(), comment: z.string() })),
    }),
  ),
  may: z.array(z.string()),
  freshLogin: z.optional(z.object({ acrValues: z.array(z.string()) })),
});
export type ElevationRow = z.infer<typeof elevationSchema>;

/** Every answer about one elevation. */
export const elevationAnswerSchema = z.object({ elevation: elevationSchema });
/** `GET /.sallyport/api/v1/elevations`. `omitted` counts those that did not fit into the list. */
export const elevationListSchema = z.object({ elevations: z.array(elevationSchema), omitted: z.number() });

const optionSchema = z.object({
  name: z.string(),
  groups: z.array(z.string()),
  maxDurationMs: z.number(),
  approvalsNeeded: z.number(),
  approverSets: z.optional(z.array(z.object(approverSet))),
  reason: z.string(),
  ticket: z.object({ required: z.boolean(), pattern: z.optional(z.string()) }),
  places: z.array(z.object({ cluster: z.string(), namespaces: z.optional(z.array(z.string())) })),
});
/** What the user may ask for. */
export type ElevationOption = z.infer<typeof optionSchema>;
/** `GET /.sallyport/api/v1/elevations/options`. `omitted` counts the places that did not fit into the list. */
export const elevationOptionsSchema = z.object({ options: z.array(optionSchema), omitted: z.number() });

const gainSchema = z.object({
  apiGroup: z.string(),
  resource: z.string(),
  resourceName: z.optional(z.string()),
  verbs: z.array(z.string()),
  refusedByPolicy: z.array(z.string()),
  notJudged: z.array(z.string()),
});
/** A right that an elevation would add. */
export type ElevationGain = z.infer<typeof gainSchema>;

const previewSchema = z.object({
  name: z.string(),
  cluster: z.string(),
  namespace: z.optional(z.string()),
  groups: z.array(z.string()),
  maxDurationMs: z.number(),
  approvalsNeeded: z.number(),
  approverGroups: z.optional(z.array(z.string())),
  approverSets: z.optional(z.array(z.object({ ...approverSet, groups: z.optional(z.array(z.string())) }))),
  comparedIn: z.string(),
  gains: z.optional(z.array(gainSchema)),
  omitted: z.number(),
  incomplete: z.boolean(),
});
/** What an elevation would change. */
export type ElevationPreview = z.infer<typeof previewSchema>;
/** `POST /.sallyport/api/v1/elevations/dry-run`. */
export const elevationPreviewSchema = z.object({ preview: previewSchema });

const counts = { requests: z.number(), refused: z.number(), failed: z.number(), streams: z.number() };
const text = z.optional(z.string());
const reportedSchema = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  namespace: text,
  user: z.string(),
  groups: z.array(z.string()),
  reason: text,
  ticket: text,
  approvers: z.array(z.string()),
  breakGlass: z.boolean(),
  review: z.optional(z.object({ dueAt: text, verdict: text })),
  from: text,
  until: text,
  expiresAt: text,
  // A newer gateway may have more kinds of steps.
  steps: z.array(z.object({ type: z.string(), at: z.string(), user: text, detail: text })),
  ...counts,
  uses: z.array(z.object({ verb: z.string(), resource: z.string(), ...counts })),
});
export type ReportedElevation = z.infer<typeof reportedSchema>;

/** `GET /.sallyport/api/v1/audit/elevations`. */
export const elevationReportSchema = z.object({
  since: z.string(),
  until: z.string(),
  elevations: z.array(reportedSchema),
  omitted: z.number(),
  scope: z.optional(z.nullable(z.string())),
  view: z.optional(auditViewSchema),
});
