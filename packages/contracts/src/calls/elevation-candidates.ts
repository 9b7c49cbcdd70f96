import * as z from 'zod/mini';
import { checkSchema } from './check-call.ts';

// POST /v1/elevation-candidates of authorize: which elevations could help with a request that a cluster has refused.

export const elevationCandidatesRequestSchema = z.strictObject({ check: checkSchema });

/** The elevations that the caller may ask for, the smallest first. */
export const elevationCandidatesSchema = z.object({
  candidates: z.array(
    z.object({
      /** What the request would have in addition upstream. */
      groups: z.array(z.string()).check(z.minLength(1)),
      /** Says what the caller can do about it. */
      sentence: z.string(),
    }),
  ),
});
export type ElevationCandidates = z.infer<typeof elevationCandidatesSchema>;
