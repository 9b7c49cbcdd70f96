import * as z from 'zod/mini';
import { credentialSchema } from './check-call.ts';

/**
 * `POST /v1/clusters`: which clusters could let the holder of this credential do something? With `routes`, also which web
 * applications.
 */
export const clustersRequestSchema = z.object({ credential: credentialSchema, routes: z.optional(z.boolean()) });
export type ClustersRequest = z.infer<typeof clustersRequestSchema>;

/** The names of these clusters, and the hosts of these web applications. */
export const clustersResponseSchema = z.object({
  clusters: z.array(z.string()),
  routes: z._default(z.array(z.string()), []),
});
export type ClustersResponse = z.input<typeof clustersResponseSchema>;
