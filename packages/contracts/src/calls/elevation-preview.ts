import * as z from 'zod/mini';
import { checkSchema, impersonationSchema, kubernetesAttributesSchema } from './check-call.ts';

// POST /.sallyport/api/v1/elevations/dry-run on the gateway, which calls POST /v1/elevation-preview of authorize.

const text = z.string().check(z.minLength(1), z.maxLength(63));

/** What a person could ask for. */
export const previewedElevationSchema = z.strictObject({ name: text, cluster: text, namespace: z.optional(text) });

/** How many requests the policy is asked about. */
export const maxPreviewedRequests = 500;

/** `check` is a request in the place of the elevation, with the caller's own credential. */
export const elevationPreviewCallSchema = z.strictObject({
  check: checkSchema,
  asked: previewedElevationSchema,
  requests: z
    .array(z.object({ method: z.string(), kubernetes: kubernetesAttributesSchema }))
    .check(z.maxLength(maxPreviewedRequests)),
});
export type ElevationPreviewCall = z.infer<typeof elevationPreviewCallSchema>;

const termsSchema = z.object({
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
});

/** The answer of authorize. */
export const elevationPlanSchema = z.extend(termsSchema, {
  /** As whom the caller's requests go upstream now. */
  impersonation: impersonationSchema,
  /** Whether the policy would allow each of the requests. */
  allowed: z.array(z.boolean()),
});
export type ElevationPlan = z.infer<typeof elevationPlanSchema>;

/** A right in the cluster that the caller would gain: `*` means all. */
const gainSchema = z.object({
  apiGroup: z.string(),
  resource: z.string(),
  /** Only the object with this name. */
  resourceName: z.optional(z.string()),
  verbs: z.array(z.string()),
  /** Those of the verbs that the policy would refuse nevertheless. */
  refusedByPolicy: z.array(z.string()),
  /** Those of the verbs that the policy cannot be asked about here. */
  notJudged: z.array(z.string()),
});
export type ElevationGain = z.infer<typeof gainSchema>;

/** The answer of the gateway. */
export const elevationPreviewSchema = z.extend(termsSchema, {
  /** The namespace in which the rights are compared. */
  comparedIn: z.string(),
  /** Absent if the cluster did not tell. */
  gains: z.optional(z.array(gainSchema)),
  /** How many more there are. */
  omitted: z.number(),
  /** The cluster does not list all of its rules. */
  incomplete: z.boolean(),
});
export type ElevationPreview = z.infer<typeof elevationPreviewSchema>;
