import * as z from 'zod/mini';
import { optionalText, timeSchema } from './parts.ts';

/** `GET <api>/clusters`. The name becomes part of a kubeconfig, so its format is checked. */
export const clustersSchema = z.object({
  clusters: z.array(
    z.object({
      name: z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)),
      url: z.string(),
      host: optionalText,
      /** The protocol in which the gateway that answered watches the cluster, if it has done so. */
      watches: optionalText,
      /** For a cluster that is reached through a connector: whether that is connected, and since when. */
      connector: z.optional(z.object({ connected: z.boolean(), since: z.optional(timeSchema) })),
    }),
  ),
});
export type Cluster = z.infer<typeof clustersSchema>['clusters'][number];
