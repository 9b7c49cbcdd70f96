import { z } from 'zod';
import { credentialSchema } from './check-call.ts';

/** `POST /v1/clusters`: which clusters could let the holder of this credential do something? */
export const clustersRequestSchema = z.object({ credential: credentialSchema });
export type ClustersRequest = z.infer<typeof clustersRequestSchema>;

/** The names of these clusters. */
export const clustersResponseSchema = z.object({ clusters: z.array(z.string()) });
export type ClustersResponse = z.infer<typeof clustersResponseSchema>;
