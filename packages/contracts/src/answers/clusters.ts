import * as z from 'zod/mini';
import { optionalText } from './parts.ts';

/** `GET <api>/clusters`. The name becomes part of a kubeconfig, so its format is checked. */
export const clustersSchema = z.object({
  clusters: z.array(
    z.object({
      name: z.string().check(z.regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)),
      url: z.string(),
      host: optionalText,
    }),
  ),
});
export type Cluster = z.infer<typeof clustersSchema>['clusters'][number];
