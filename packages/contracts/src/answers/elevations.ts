import * as z from 'zod/mini';
import { approverSetProgressSchema } from '../elevation/approver-set-progress.ts';
import type { ElevationState, ReviewVerdict } from '../elevation/elevation.ts';
import { wordOf } from './parts.ts';

/** What a person can do with an elevation. */
export type ElevationStep = 'approve' | 'deny' | 'withdraw' | 'revoke' | 'extend' | 'review';

/** One elevation as people see it. Times are milliseconds since the epoch. `may` lists what the caller can do with it. */
export const elevationViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  cluster: z.string(),
  namespace: z.optional(z.string()),
  groups: z.array(z.string()),
  state: wordOf<ElevationState>(),
  user: z.string(),
  mine: z.boolean(),
  reason: z.optional(z.string()),
  ticket: z.optional(z.string()),
  durationMs: z.number(),
  createdAt: z.number(),
  pendingUntil: z.number(),
  startsAt: z.optional(z.number()),
  activeFrom: z.optional(z.number()),
  expiresAt: z.optional(z.number()),
  extends: z.optional(z.string()),
  approvalsNeeded: z.number(),
  approvals: z.array(z.object({ user: z.string(), at: z.number(), sets: z.optional(z.array(z.string())) })),
  /** The sets of approvers that must approve. Absent if there is only one. */
  approverSets: z.optional(z.array(approverSetProgressSchema)),
  ended: z.optional(z.object({ at: z.number(), user: z.optional(z.string()), detail: z.optional(z.string()) })),
  /** Whether events of it wait for the audit log. */
  unrecorded: z.boolean(),
  /** Whether it begins without an approval. */
  breakGlass: z.optional(z.boolean()),
  /** Absent if it needs no review. */
  review: z.optional(
    z.object({
      /** The groups that review it, if the configuration names groups. */
      groups: z.optional(z.array(z.string())),
      /** Absent until it has begun. */
      dueAt: z.optional(z.number()),
      overdue: z.boolean(),
      done: z.optional(
        z.object({ user: z.string(), at: z.number(), verdict: wordOf<ReviewVerdict>(), comment: z.string() }),
      ),
    }),
  ),
  may: z.array(wordOf<ElevationStep>()),
  /**
   * Set if the caller could decide after another login, in one of these authentication context classes if there are
   * any.
   */
  freshLogin: z.optional(z.object({ acrValues: z.array(z.string()) })),
});
export type ElevationView = z.infer<typeof elevationViewSchema>;

/** Every answer about one elevation. */
export const elevationAnswerSchema = z.object({ elevation: elevationViewSchema });
export type ElevationAnswer = z.infer<typeof elevationAnswerSchema>;

/** `GET <api>/elevations`. `omitted` counts those that did not fit. */
export const elevationListSchema = z.object({ elevations: z.array(elevationViewSchema), omitted: z.number() });
export type ElevationList = z.infer<typeof elevationListSchema>;

/** An entry that the caller may ask for, and where. `namespaces` are names and patterns; a request names one namespace. */
const elevationOptionSchema = z.object({
  name: z.string(),
  groups: z.array(z.string()),
  maxDurationMs: z.number(),
  approvalsNeeded: z.number(),
  /** The sets of approvers of which each must approve. Absent if there is only one. */
  approverSets: z.optional(z.array(z.object({ name: z.string(), approvals: z.number() }))),
  reason: wordOf<'optional' | 'required'>(),
  ticket: z.object({ required: z.boolean(), pattern: z.optional(z.string()) }),
  places: z.array(z.object({ cluster: z.string(), namespaces: z.optional(z.array(z.string())) })),
});
export type ElevationOption = z.infer<typeof elevationOptionSchema>;

/** `GET <api>/elevations/options`. `omitted` counts the places that did not fit. */
export const elevationOptionsSchema = z.object({ options: z.array(elevationOptionSchema), omitted: z.number() });
export type ElevationOptions = z.infer<typeof elevationOptionsSchema>;

/** What an elevation would change, as authorize and the gateway say it alike. */
export const elevationTerms = {
  name: z.string(),
  cluster: z.string(),
  namespace: z.optional(z.string()),
  /** What the cluster would be told in addition. */
  groups: z.array(z.string()),
  maxDurationMs: z.number(),
  approvalsNeeded: z.number(),
  /** Who approves, if that is just these groups. Otherwise a policy decides. */
  approverGroups: z.optional(z.array(z.string())),
  /** Instead, if each of several sets must approve; `groups` as above. */
  approverSets: z.optional(
    z.array(z.object({ name: z.string(), approvals: z.number(), groups: z.optional(z.array(z.string())) })),
  ),
};

/** What roles of the cluster allow with one kind: `*` means all. */
const elevatedRightSchema = z.object({
  apiGroup: z.string(),
  resource: z.string(),
  /** Only the object with this name. */
  resourceName: z.optional(z.string()),
  verbs: z.array(z.string()),
});

/** `GET <api>/elevations/:id/rights`: what the groups of an elevation allow in its cluster, for any member of them. */
export const elevatedRightsSchema = z.object({
  /** The namespace in which the cluster was asked. */
  comparedIn: z.string(),
  /** Absent if the cluster did not tell. */
  rules: z.optional(z.array(elevatedRightSchema)),
  /** How many more there are. */
  omitted: z.number(),
  /** The cluster does not list all of its rules. */
  incomplete: z.boolean(),
});
export type ElevatedRights = z.infer<typeof elevatedRightsSchema>;

/** A right in the cluster that the caller would gain. */
const elevationGainSchema = z.extend(elevatedRightSchema, {
  /** Those of the verbs that the policy would refuse nevertheless. */
  refusedByPolicy: z.array(z.string()),
  /** Those of the verbs for which the policy depends on the request. */
  conditional: z.array(z.string()),
});
export type ElevationGain = z.infer<typeof elevationGainSchema>;

const elevationPreviewSchema = z.object({
  ...elevationTerms,
  /** The namespace in which the rights are compared. */
  comparedIn: z.string(),
  /** Absent if the cluster did not tell. */
  gains: z.optional(z.array(elevationGainSchema)),
  /** How many more there are. */
  omitted: z.number(),
  /** The cluster does not list all of its rules. */
  incomplete: z.boolean(),
});
export type ElevationPreview = z.infer<typeof elevationPreviewSchema>;

/** `POST <api>/elevations/dry-run`. */
export const elevationPreviewAnswerSchema = z.object({ preview: elevationPreviewSchema });
