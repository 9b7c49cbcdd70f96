import * as z from 'zod/mini';
import { elevationTerms } from '../answers/elevations.ts';
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

/** The answer of authorize. */
export const elevationPlanSchema = z.object({
  ...elevationTerms,
  /** As whom the caller's requests go upstream now. */
  impersonation: impersonationSchema,
  /** Whether the policy would allow each of the requests. */
  allowed: z.array(z.boolean()),
});
export type ElevationPlan = z.infer<typeof elevationPlanSchema>;
