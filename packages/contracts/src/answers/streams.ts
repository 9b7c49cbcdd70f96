import * as z from 'zod/mini';
import { timeSchema } from './parts.ts';

/** One stream. Bytes are counted on the connection. What does not apply is empty or absent. */
export const streamRowSchema = z.looseObject({
  id: z.string(),
  kind: z.string(),
  proxy: z.string(),
  cluster: z.string(),
  /** For a request to a web application: the host of its route. `cluster` is empty then. */
  route: z.optional(z.string()),
  verb: z.string(),
  clientAddress: z.string(),
  auditId: z.string(),
  /** The public ID of the session. A list never contains its token. */
  sessionId: z.string(),
  user: z.string(),
  namespace: z.string(),
  resource: z.string(),
  name: z.string(),
  subresource: z.string(),
  path: z.string(),
  /** For exec and attach: the container, if the request named one. */
  container: z.optional(z.string()),
  /** For a port-forward: the ports of the pod that were used so far. */
  ports: z.optional(z.array(z.number())),
  since: timeSchema,
  bytesIn: z.number(),
  bytesOut: z.number(),
  /** Set if the stream has ended. */
  end: z.optional(timeSchema),
  /** Set if the gateway ended the stream or is about to. Otherwise the client or the cluster ended it. */
  reason: z.optional(z.string()),
  detail: z.optional(z.string()),
  /** The exit code of the command of an exec. */
  exitCode: z.optional(z.number()),
  /** The recording of an exec or attach that is recorded. */
  recording: z.optional(z.string()),
});
export type StreamRow = z.infer<typeof streamRowSchema>;

/**
 * `GET <api>/streams`. The list is never silently incomplete: `missing` names the gateways that did not answer in time,
 * and `omitted` counts the streams that did not fit.
 */
export const streamListSchema = z.object({
  streams: z.array(streamRowSchema),
  missing: z.array(z.string()),
  omitted: z.number(),
});
export type StreamList = z.infer<typeof streamListSchema>;
